"""A pasted error: the visitor's line that raised it, the mistake that it is, and code that mends it
with the visitor's own names and numbers."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
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
_GATES = {"SimpleRNN": 1, "GRU": 3, "LSTM": 4}  # how many times a kernel is as wide as the units

# The last size of what a cell was called with: Keras lists it below the message.
_INPUTS = re.compile(r"(?:inputs|sequence)=.{0,30}?shape=\([\w?]{1,9}, (\d{1,9})\)")
_STATES = re.compile(r"states=.{0,30}?shape=\([\w?]{1,9}, (\d{1,9})\)")
_CELL_CALLED = re.compile(r"\b(SimpleRNN|GRU|LSTM)(?:Cell)?\.call\(\)")
_SHAPE = re.compile(r"\bshape=\(([\w, ]{0,80})\)")

_RECURRENT = re.compile(r"lstm|gru|simple_rnn|rnn|bidirectional")

# Calls that pass data to a model. Where they build it too, the error may be about the data or about
# any layer.
_READS_DATA = re.compile(r"\.(?:fit|predict|evaluate|\w+_on_batch)\(")

# A model with softmax on a Dense of one unit, and without attention, which would weigh steps by it.
_CLASSIFIES = re.compile(r"^(?!.*ttention).*\bDense\( ?(?:units ?= ?)?1 ?,[^()]{0,80}softmax")


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


def _by_gates(error: _Read) -> str:
    """The cell whose recurrent kernel has that shape, (built, columns); "" if none has, or if it is
    another cell that Keras names."""
    built, columns = int(error.values["built"]), int(error.values["columns"])
    called = _called(error)
    fit = (cell for cell, gates in _GATES.items() if columns == built * gates)
    return next((cell for cell in fit if called in ("", cell)), "")


def _called(error: _Read) -> str:
    """The cell in whose call it was raised; "" if the text does not say."""
    found = _CELL_CALLED.search(error.text)
    return found[1] if found else ""


def _sizes_that_fail(error: _Read) -> str:
    """Which known error two matrices are, of which one has `got` columns, the other `built` rows:
    the states and the recurrent kernel, or the inputs and the kernel. The cell's inputs and states,
    which Keras lists, tell which has that size; both if both have it, or if they are not there."""
    if not _by_gates(error):
        return "other_features"
    inputs, states = (found.search(error.text) for found in (_INPUTS, _STATES))
    if inputs and inputs[1] != error.values["got"]:
        return "other_units"
    if states and states[1] != error.values["got"]:
        return "other_features"
    return "units_or_features"


def _passed_on(error: _Read) -> str:
    """Which known error it is that a layer got several tensors of the layer below. Two of the same
    shape are a GRU's last output and state, or the halves of a Bidirectional layer that does not
    merge them."""
    if _A_LIST.search(error.code):
        return ""
    if _NOT_MERGED.search(error.text):
        return "halves"
    if _RETURNS_STATE.search(error.code):
        return "everything"
    shapes = _SHAPE.findall(error.text[error.text.rfind("Inputs received") :])
    alike = len(shapes) < 2 or shapes[0] == shapes[1]
    return "outputs_or_halves" if alike and int(error.values["got"]) % 2 == 0 else "everything"


def _windows(values: Mapping[str, str]) -> Mapping[str, str]:
    """What follows from the shape of windows, (steps, features) or (samples, steps, features), into
    which the `size` numbers of a series do not fit; no window if they are no whole rows."""
    sizes = [int(size) for size in values["shape"].split(",") if size.strip()]
    steps, features = (sizes[-2], sizes[-1]) if len(sizes) > 1 else (sizes[0], 1)
    rows, rest = divmod(int(values["size"]), max(1, features))
    windows = 0 if rest else max(0, rows - steps + 1)
    return {"steps": str(steps), "features": str(features), "windows": str(windows)}


def _cut(values: Mapping[str, str], cell: str) -> str:
    """Code after which as many samples are read as the initial state has rows."""
    samples, rows = int(values["got"]), int(values["built"])
    if samples > rows:
        return f"x = x[:{rows}]  # as many samples as the states have rows"
    h, c = f"h[:{samples}]", f"c[:{samples}]"
    return f"initial_state=[{h}, {c}]" if cell in ("", "LSTM") else f"initial_state=[{h}]"


_TWO_STATES = re.compile(r"\binitial_state ?= ?\[[^\]]{1,200},")
_A_LIST = re.compile(r"(?<!Sequential)\(\s*\[")  # a list as the first argument
_RETURNS_STATE = re.compile(r"\breturn_state ?= ?True\b")
_NOT_MERGED = re.compile(r"\bmerge_mode ?= ?None\b")


def _about_shapes(name: str) -> Callable[[_Read], bool]:
    """Whether it is that one of the errors about the shapes of targets and output."""
    return lambda e: name == targets.kind(e.text, e.said, e.values["target"], e.values["output"])


def _each_if(which: Callable[[_Read], str], *names: str) -> Mapping[str, Callable[[_Read], bool]]:
    """For each name whether `which` says that it is the error."""
    return {name: partial(lambda name, error: name == which(error), name) for name in names}


# Of errors that share a message: whether it is this one.
_SUITS: Mapping[str, Callable[[_Read], bool]] = {
    "two_axes": lambda error: bool(_READS_DATA.search(error.code)),
    "reshape": lambda error: _windows(error.values)["features"] == "1",
    "reshape_several": lambda error: _windows(error.values)["windows"] != "0",
    "samples_in_input": lambda error: error.values["batch"] == "None",
    **_each_if(_sizes_that_fail, "other_units", "other_features", "units_or_features"),
    "states_in_a_list": lambda error: (
        bool(_A_LIST.search(error.code)) and bool(_RECURRENT.match(error.values["layer"]))
    ),
    **_each_if(_passed_on, "halves", "outputs_or_halves", "everything"),
    # A layer gets one of two states if each of those inside a Bidirectional gets its half of them.
    "two_states_both_ways": lambda error: (
        "idirectional" in error.text or bool(_TWO_STATES.search(error.code))
    ),
    "stateful_other_batch": lambda error: int(error.values["got"]) >= int(error.values["built"]),
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
    own = mended(known.name, line.code, filled)
    written = known.mend.strip()
    if "{line}" in written:
        own = written.format_map(_Named(filled | {"line": own or f"{filled['layer']}(units)"}))
    mend = own or written.format_map(_Named(filled))
    what = Said(f"errors.{known.name}", values)
    return Understood(
        "error", what, line=line.code, number=line.number, mend=mend, mistake=known.mistake
    )


def _more(name: str, error: _Read) -> Mapping[str, str]:
    """The values that an error's message has, and those that follow from them."""
    found = dict(error.values)
    prefix = re.sub(r"_\d+$", "", found.get("layer", ""))
    found["cell"] = _CELLS.get(prefix) or _called(error) or "LSTM"
    wrong = found.get("keyword") or found.get("got", "")
    found["right"] = _RIGHT.get(wrong, "concat")
    if name in ("other_units", "units_or_features"):
        found["by_gates"] = _by_gates(error)
    elif name == "merge_mode":
        found["keyword"] = "merge_mode"
    elif name == "use_cudnn":
        found |= {"keyword": "use_cudnn", "right": "auto"}
    elif name == "input_length":
        found["keyword"] = "input_length"
    elif name in ("reshape", "reshape_several"):
        found |= _windows(found)
    elif name == "id_too_large":
        found["rows"] = str(int(found["id"]) + 1)
    elif name == "id_below_zero":
        found["shift"] = str(-int(found["id"]))
    elif name == "one_bias":
        found["units"] = str(int(found["size"]) // 3)
    elif name == "two_states_both_ways":
        one = _called(error) in ("GRU", "SimpleRNN") or "idirectional(GRU" in error.text
        found["of_each"] = "h" if one else "h, c"
    elif name == "other_batch":
        found["cut"] = _cut(found, _called(error))
    elif name == "ragged":
        found.setdefault("count", "")
    elif name in targets.KINDS:
        found |= targets.values(error.said, found["target"], found["output"])
    return found
