"""What can be read off the page's own HTML and its figures, however they were come by."""

import base64
import re
from collections.abc import Iterable
from html import unescape
from typing import Any

import numpy as np

from components.backend.question.linked import to_text
from components.panels.ask.opening import opening
from dashboard.page_links import asked


def plain(page: str) -> dict[str, str]:
    """A link to a page with its defaults, which names the first field of what it opens on; nothing
    for a page that opens on them."""
    wanted = next(iter(opening(page)), None)
    fields = (
        (prefix + name, to_text(model, name, value))
        for model, prefix in asked(page)
        for name, value in model()
    )
    return {wanted: next(said for field, said in fields if field == wanted)} if wanted else {}


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
