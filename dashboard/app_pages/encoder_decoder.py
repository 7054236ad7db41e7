"""Encoder and decoder: two layers, and the states as the one thing that passes between them."""

from components.panels.what_ifs.encoder_decoder import ENCODER_DECODER
from components.panels.what_ifs.what_if import page

page(ENCODER_DECODER)
