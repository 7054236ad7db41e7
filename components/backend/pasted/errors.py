"""A pasted error: the visitor's line that raised it, the mistake that it is, and code that mends it
with the visitor's own names and numbers."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from components.backend.pasted import targets
from components.backend.pasted.mends import mended, named_in
from components.backend.pasted.understood import Said, Understood
from components.backend.running.keras_error import in_short


@dataclass(frozen=True)
class Known:
    """An error that is known, from errors.toml."""

    name: str
    pattern: re.Pattern[str]
    """Finds the error's message. Its groups are values: names and numbers of the visitor's."""
    mistake: str = ""
    """The mistake of MISTAKES that it is."""
    mend: str = ""
    """Code that mends it, with the values' names in braces; for errors whose line `mended` cannot
    change."""


def _known() -> Iterator[Known]:
    pattern = ""
    written = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
    for name, entry in written.items():
        pattern = entry.pop("pattern", pattern)
        yield Known(name, re.compile(pattern), **entry)


KNOWN: tuple[Known, ...] = tuple(_known())

# What every error has: the head of a traceback, or the name of an error or a warning.
_HEAD = re.compile(r"Traceback \(most recent call last\)|\b\w*(?:Error|Warning|Exception)\b\s*:")

_FRAME = re.compile(r'File "([^"\n]{1,300})", line (\d{1,7})[^\n]*\n([^\n]*)')
_ARROW = re.compile(r"^-+> ?(\d{1,7}) ([^\n]*)$", re.MULTILINE)  # in a notebook
_OF_LIBRARIES = re.compile(  # the files of frames that are not the visitor's
    r"site-packages|dist-packages|[/\\]lib[/\\]python|^<frozen|__autograph_generated"
)
_NO_CODE = re.compile(r"\s*(?:File \"|\w*Error\b|[~^ ]*$)")  # what may follow in place of a line

_CELLS = {"gru": "GRU", "simple_rnn": "SimpleRNN"}
_RIGHT = {
    "return_sequence": "return_sequences",
    "return_states": "return_state",
    "inner_activation": "recurrent_activation",
    "add": "sum",
    "average": "ave",
    "mean": "ave",
    "multiply": "mul",
    "concatenate": "concat",
}
_BY_GATES = {1: "SimpleRNN", 3: "GRU", 4: "LSTM"}

# Calls that pass data to a model. Where they build it too, the error may be about the data or about
# any layer.
_READS_DATA = re.compile(r"\.(?:fit|predict|evaluate|\w+_on_batch)\(")

# A model with softmax on a Dense of one unit, and without attention, which would weigh steps by it.
_CLASSIFIES = re.compile(r"^(?!.*ttention).*\bDense\( ?(?:units ?= ?)?1 ?,[^()]{0,80}softmax")


def _by_gates(values: Mapping[str, str]) -> str:
    """The cell whose recurrent kernel has that shape, (built, columns); "" if none has."""
    built, columns = int(values["built"]), int(values["columns"])
    return _BY_GATES.get(columns // built, "") if built and columns % built == 0 else ""


class _Read(NamedTuple):
    """An error whose message was found."""

    text: str
    """All that was pasted."""
    said: str
    """The same in one line, as `in_short` makes it: the message, and the code before it if that was
    pasted too."""
    code: str
    """The visitor's line."""
    values: Mapping[str, str]


def _about_shapes(name: str) -> Callable[[_Read], bool]:
    """Whether it is that one of the errors about the shapes of targets and output."""
    return lambda e: name == targets.kind(e.text, e.said, e.values["target"], e.values["output"])


# Of errors that share a message: whether it is this one.
_SUITS: Mapping[str, Callable[[_Read], bool]] = {
    "two_axes": lambda error: bool(_READS_DATA.search(error.code)),
    "other_units": lambda error: bool(_by_gates(error.values)),
    "states_in_a_list": lambda error: bool(re.search(r"\(\s*\[", error.code)),
    "two_states_both_ways": lambda error: "idirectional" in error.said,
    "one_state": lambda error: "initial_state" in error.said,
    **{name: _about_shapes(name) for name in targets.KINDS},
    "softmax_of_each_step": lambda error: bool(_CLASSIFIES.search(error.said)),
}


class _Named(dict[str, str]):
    """Values by name. A value that is not known is filled in as its name: "units" for {units}."""

    def __missing__(self, name: str) -> str:
        return name


class Line(NamedTuple):
    """A line of the visitor's code."""

    number: int | None = None
    code: str = ""


def line_of(text: str) -> Line:
    """The visitor's line in a traceback: the one at a notebook's arrow, else the last one that is
    in no library."""
    arrows = _ARROW.findall(text)
    if arrows:
        number, code = arrows[0]
        return Line(int(number), code.strip())
    own = [
        Line(int(number), code.strip() if not _NO_CODE.match(code) else "")
        for file, number, code in _FRAME.findall(text)
        if not _OF_LIBRARIES.search(file)
    ]
    # A graph's traceback repeats the frames without their code.
    return next((line for line in reversed(own) if line.code), own[-1] if own else Line())


def message_of(text: str) -> str:
    """The last message in a text, with the name of its error; "" if the text is no error."""
    said = in_short(text)
    heads = [head.start() for head in _HEAD.finditer(said)]
    return said[heads[-1] :] if heads else ""


def read_error(text: str) -> Understood | None:
    """What was understood of an error; None if it is not a known one."""
    said, line = in_short(text), line_of(text)
    for known in KNOWN:
        match = known.pattern.search(said)
        if not match:
            continue
        values = {name.rstrip("_"): value for name, value in match.groupdict().items() if value}
        error = _Read(text, said, line.code, values)
        if _SUITS.get(known.name, lambda _: True)(error):
            return _understood(known, _more(known.name, error), line)
    return None


def _understood(known: Known, values: Mapping[str, str], line: Line) -> Understood:
    filled = {**named_in(line.code), **values}
    mend = mended(known.name, line.code, filled) or known.mend.strip().format_map(_Named(filled))
    what = Said(f"errors.{known.name}", values)
    return Understood(
        "error", what, line=line.code, number=line.number, mend=mend, mistake=known.mistake
    )


def _more(name: str, error: _Read) -> Mapping[str, str]:
    """The values that an error's message has, and those that follow from them."""
    found = dict(error.values)
    prefix = re.sub(r"_\d+$", "", found.get("layer", ""))
    found["cell"] = _CELLS.get(prefix, "LSTM")
    wrong = found.get("keyword") or found.get("got", "")
    found["right"] = _RIGHT.get(wrong, "concat")
    if name == "other_units":
        found["by_gates"] = _by_gates(found)
    elif name == "merge_mode":
        found["keyword"] = "merge_mode"
    elif name == "use_cudnn":
        found |= {"keyword": "use_cudnn", "right": "auto"}
    elif name == "input_length":
        found["keyword"] = "input_length"
    elif name == "reshape":
        steps = int(found["shape"].split(",")[0] or 1)
        windows = max(0, int(found["size"]) - steps + 1)
        found |= {"steps": str(steps), "windows": str(windows)}
    elif name == "id_too_large":
        found["rows"] = str(int(found["id"]) + 1)
    elif name == "id_below_zero":
        found["shift"] = str(-int(found["id"]))
    elif name == "one_bias":
        found["units"] = str(int(found["size"]) // 3)
    elif name == "short_mask":
        found["least"] = str(int(found["index"]) + 1)
    elif name == "ragged":
        found.setdefault("count", "")
    elif name in targets.KINDS:
        found |= targets.values(error.said, found["target"], found["output"])
    return found
