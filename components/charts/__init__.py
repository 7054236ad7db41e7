"""Pure functions: a Run (or nothing) in, a Plotly figure and its alternative text out."""

from components.charts.activations import activations
from components.charts.inside import inside
from components.charts.parameters import parameters
from components.charts.picture import Picture
from components.charts.timeline import timeline

__all__ = ["Picture", "activations", "inside", "parameters", "timeline"]
