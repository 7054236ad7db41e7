"""The what-ifs, as records."""

from components.panels.what_ifs.attention import ATTENTION
from components.panels.what_ifs.both_ways import BOTH_WAYS
from components.panels.what_ifs.calls import CALLS
from components.panels.what_ifs.encoder_decoder import ENCODER_DECODER
from components.panels.what_ifs.influence import INFLUENCE
from components.panels.what_ifs.padding import PADDING
from components.panels.what_ifs.stack import STACK
from components.panels.what_ifs.what_if import WhatIf

KNOWN: tuple[WhatIf, ...] = (
    PADDING,
    STACK,
    BOTH_WAYS,
    CALLS,
    ENCODER_DECODER,
    ATTENTION,
    INFLUENCE,
)
