"""Stacking: layers on top of each other, the shapes between them, and the layer that Keras
refuses."""

from components.panels.what_ifs.stack import STACK
from components.panels.what_ifs.what_if import page

page(STACK)
