"""Plotly's script: its cartesian build, which has charts on two axes only.

It is a third of the script in the plotly package, which a browser would have to read before it
draws the first chart.
"""

from __future__ import annotations

from pathlib import Path

from plotly.offline import get_plotlyjs_version

FILE = Path(__file__).parent / "vendored" / "plotly-cartesian.min.js"
# With the version, so that the content of the address never changes.
URL = f"/plotly/{get_plotlyjs_version()}/{FILE.name}"

# Has Chromium compile the whole script in the background while it loads. Otherwise it compiles most
# functions on the page's main thread when the first chart is drawn.
COMPILE_AHEAD = b"//# allFunctionsCalledOnLoad\n"

# Beside the pointer Plotly writes a hyphen before a negative number, on its axes a minus sign. No
# locale can change that: of d3's settings it passes on the separators alone.
HYPHEN, MINUS = b'.minus===void 0?"-":', b'.minus===void 0?"\\u2212":'


def content() -> bytes:
    """The script, as it is served."""
    return COMPILE_AHEAD + FILE.read_bytes().replace(HYPHEN, MINUS)
