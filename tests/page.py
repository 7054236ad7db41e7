"""What can be read off the page's own HTML and its figures, however they were come by."""

import base64
import re
from collections.abc import Iterable
from html import unescape
from typing import Any

import numpy as np


def unpacked(bodies: Iterable[str]) -> list[str]:
    """The lines that unpack a call, as they are read."""
    lines = re.findall('<pre class="rnn-call">(.*?)</pre>', "\n".join(bodies))
    return [unescape(re.sub("<.*?>", "", line)) for line in lines]


def decoded(value: Any) -> Any:
    """A figure, or a part of one, with the arrays that Plotly packs into text."""
    if isinstance(value, list):
        return [decoded(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "bdata" in value:
        array = np.frombuffer(base64.b64decode(value["bdata"]), value["dtype"])
        return array.reshape([int(n) for n in str(value.get("shape", array.size)).split(",")])
    return {name: decoded(item) for name, item in value.items()}
