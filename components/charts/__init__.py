"""Pure functions. Each takes an answer, such as a Run, and returns a Plotly figure with its
alternative text."""

from components.charts.activations import activations
from components.charts.attention import (
    attention,
    attention_between,
    attention_heatmap,
    attention_square,
)
from components.charts.both_ways import both_ways
from components.charts.carry import carry
from components.charts.compare import compare
from components.charts.dropped import dropped
from components.charts.edit import edit
from components.charts.encoder_decoder import encoder_decoder
from components.charts.forecasts import forecasts, trained_forecast
from components.charts.influence import another_token, influence
from components.charts.inputs import inputs
from components.charts.inside import inside
from components.charts.padding import padding
from components.charts.parameters import parameters
from components.charts.picture import Limits, Picture, Scale, fitted
from components.charts.series import reshaped, series
from components.charts.stack import stack
from components.charts.timeline import timeline, timeline_note
from components.charts.twice import twice

__all__ = [
    "Limits",
    "Picture",
    "Scale",
    "activations",
    "another_token",
    "attention",
    "attention_between",
    "attention_heatmap",
    "attention_square",
    "both_ways",
    "carry",
    "compare",
    "dropped",
    "edit",
    "encoder_decoder",
    "fitted",
    "forecasts",
    "influence",
    "inputs",
    "inside",
    "padding",
    "parameters",
    "reshaped",
    "series",
    "stack",
    "timeline",
    "timeline_note",
    "trained_forecast",
    "twice",
]
