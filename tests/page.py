"""What can be read off the page's own HTML, however it was come by."""

import re
from collections.abc import Iterable
from html import unescape


def unpacked(bodies: Iterable[str]) -> list[str]:
    """The lines that unpack a call, as they are read."""
    lines = re.findall('<pre class="rnn-call">(.*?)</pre>', "\n".join(bodies))
    return [unescape(re.sub("<.*?>", "", line)) for line in lines]
