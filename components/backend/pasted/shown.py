"""The page that shows some layers, and what of them it does not show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, get_args

from components.backend.cells import CELLS
from components.backend.pasted.shape import series_of
from components.backend.pasted.source import UNKNOWN, Call, Source
from components.backend.pasted.understood import Code, Said, Understood
from components.backend.question.linked import Linked
from components.backend.question.settings import Layer
from components.backend.question.setup import Setup
from components.backend.running.model import MergeMode
from components.backend.whatif import both_ways, encoder_decoder, stack

_KERAS: dict[str, Any] = {"return_sequences": False, "return_state": False}
"""Keras's defaults, where the app has others."""

_ENDINGS: Mapping[tuple[str, ...], str] = {
    ("Dense",): "Dense(3)",
    ("TimeDistributed",): "TimeDistributed(Dense(3))",
    ("Flatten", "Dense"): "Flatten(), Dense(3)",
}
"""The ending that the page Stacking has for these layers after the last recurrent one."""

_OF_INPUT = ("input_shape", "input_length", "input_dim")
"""The arguments of Keras 2 by which a layer says what it reads."""

_OF_EMBEDDING = ("input_dim", "output_dim", "input_length", "name")
"""The arguments of an Embedding that every page shows, and those that change no number."""

_MASK = ("both_ways", "encoder_decoder", "stack")
"""The pages to which code leads that can have a mask."""

_SET = frozenset(Layer.model_fields) - {"cell"}


class _Recurrent:
    """A recurrent layer of the code, and the Bidirectional around it."""

    def __init__(self, call: Call) -> None:
        wraps = call.name == "Bidirectional"
        inner = call.arguments.get("layer") if wraps else call
        self.call = inner if isinstance(inner, Call) else call
        self.cell = self.call.name
        merge = call.arguments.get("merge_mode", "concat")
        self.merge_mode: Any = merge if merge in get_args(MergeMode) else "concat"
        self.both_ways = wraps
        self.given = {name: v for name, v in self.call.arguments.items() if name in _SET}
        self.unknown = tuple(name for name, v in self.given.items() if v is UNKNOWN)
        self.others = tuple(
            name for name in self.call.arguments if name not in _SET and name != "name"
        )

    @property
    def fields(self) -> dict[str, Any]:
        """By field of `Layer`, what the code says or what Keras does without it."""
        known = {name: v for name, v in self.given.items() if v is not UNKNOWN}
        return _KERAS | known | {"cell": self.cell}


def _is_recurrent(call: Call) -> bool:
    inner = call.arguments.get("layer") if call.name == "Bidirectional" else call
    return isinstance(inner, Call) and inner.name in CELLS


def show(source: Source) -> Understood | None:
    """The page for these layers; None if there is no recurrent layer among them."""
    found = [_Recurrent(call) for call in source.layers if _is_recurrent(call)]
    if not found:
        return None
    setup, notes = _setup(source, found[0])
    masked = _is_masked(source)
    if len(found) > 1 and source.passes_states:
        understood = _encoder_decoder(source, found, setup, masked)
    elif len(found) > 1:
        understood = _stack(source, found, setup, masked)
    elif found[0].both_ways:
        understood = _both_ways(found[0], setup, masked)
    else:
        query = setup.to_query()
        what = Said("code.layer", {"code": Code(found[0].call.written)})
        understood = Understood("code", what, "explore", query)
    told = [*notes, *_not_shown(source, found, understood.page), *understood.notes]
    once = tuple(note for place, note in enumerate(told) if note not in told[:place])
    return replace(understood, notes=once)


def _mended(
    model: type[Linked], values: Mapping[str, Any], good: Any = None
) -> tuple[Any, list[Said]]:
    """A question with these values, and a note on each value that it does not take, which says what
    it has in its place.

    Args:
        good: a question of that kind for the fields that have no value here; None for the defaults.
    """
    whole = {name: v for name, v in values.items() if not _is_no_value(v)}
    rates = {name: _rate(whole[name]) for name in ("dropout", "recurrent_dropout") if name in whole}
    near = {name: rate for name, rate in rates.items() if rate not in (None, whole[name])}
    found, problems = model.mend(whole | near, good)
    notes = [
        Said("code.near", {"field": name, "got": Code(whole[name]), "shown": str(rate)})
        for name, rate in near.items()
    ]
    notes += [
        Said(
            "code.other",
            {
                "field": problem.field,
                "got": Code(whole[problem.field]),
                "shown": str(getattr(found, problem.field)),
                "allowed": problem.allowed,
            },
        )
        for problem in problems
        if problem.field in whole
    ]
    return found, notes


def _rate(value: Any) -> float | None:
    """The nearest rate that the app can set, in steps of a twentieth; None if it is no rate."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value < 1:
        return None
    return min(round(value * 20), 18) / 20


def _is_no_value(value: Any) -> bool:
    """Whether the code does not say the value of an argument."""
    return isinstance(value, Call) or value is UNKNOWN


def _setup(source: Source, first: _Recurrent) -> tuple[Setup, list[Said]]:
    """A setup with the first layer and what it reads, as far as the code says it, and notes on the
    rest."""
    read, notes = _input(source)
    setup, told = _mended(Setup, dict(read) | first.fields, read)
    return setup, [*notes, *told, *_guessed(first)]


def _guessed(layer: _Recurrent) -> Iterator[Said]:
    """A note on each argument whose value the code does not say, with what is shown."""
    for name in layer.unknown:
        shown = Layer.model_fields[name].default if name != "return_sequences" else False
        yield Said("code.unknown", {"field": name, "shown": str(shown)})


def _input(source: Source) -> tuple[Setup, list[Said]]:
    """What the first layer reads: ids if there is an Embedding, numbers if there is the shape of
    an Input with features, else the app's own sentence."""
    by_name = {call.name: call.arguments for call in reversed(source.layers)}
    shape = _shape(by_name.get("Input", {})) or _input_shape(source)
    sizes = [s if type(s) is int else None for s in shape] if isinstance(shape, tuple) else []
    if "Embedding" in by_name:
        given = by_name["Embedding"]
        length = given.get("input_length")  # of Keras 2; the Input's goes first
        steps = (sizes[0] if len(sizes) == 1 else None) or (length if type(length) is int else None)
        wanted = {
            "vocabulary_size": given.get("input_dim", UNKNOWN),
            "embedding_dim": given.get("output_dim", UNKNOWN),
        }
        if steps:
            wanted |= {"source": "random", "length": steps}
        return _mended(Setup, wanted, Setup(source="random") if steps else Setup())
    if len(sizes) == 2 and 0 not in sizes:
        setup, told = series_of(None, *sizes)
        return setup, list(told)
    return Setup(), []


def _shape(given: Mapping[str, Any]) -> Any:
    """The shape of a sentence that an Input is given: of its batch_shape all but the first."""
    batch = given.get("batch_shape")
    return batch[1:] if isinstance(batch, tuple) else given.get("shape")


def _input_shape(source: Source) -> Any:
    """The shape as code for Keras 2 gives it to the first layer: input_shape, or input_length and
    input_dim of a recurrent one."""
    for call in source.layers:
        for each in (call, call.arguments.get("layer")):
            given = each.arguments if isinstance(each, Call) else {}
            if isinstance(given.get("input_shape"), tuple):
                return given["input_shape"]
            if _is_recurrent(call) and "input_dim" in given:
                return given.get("input_length"), given["input_dim"]
    return None


def _is_masked(source: Source) -> bool:
    return any(
        call.name == "Masking" or call.arguments.get("mask_zero") is True for call in source.layers
    )


def _both_ways(layer: _Recurrent, setup: Setup, masked: bool) -> Understood:
    choice = both_ways.Choice(merge_mode=layer.merge_mode, mask_zero=masked)
    what = Said("code.both_ways", {"code": Code(layer.call.written)})
    return Understood("code", what, "both_ways", setup.to_query() | choice.to_query())


def _encoder_decoder(
    source: Source, layers: Sequence[_Recurrent], setup: Setup, masked: bool
) -> Understood:
    attends = any("Attention" in call.name for call in source.layers)
    choice = encoder_decoder.Choice(
        bidirectional=layers[0].both_ways, attention=attends, mask_zero=masked
    )
    ends = ("encoder", layers[0]), ("decoder", layers[-1])
    values = {name: Code(each.call.written) for name, each in ends}
    query = setup.to_query() | choice.to_query()
    notes = []
    if layers[0].fields.get("units") != layers[-1].fields.get("units"):
        notes.append(Said("code.one_size"))
    what = Said("code.encoder_decoder", values)
    return Understood("code", what, "encoder_decoder", query, tuple(notes))


def _stack(source: Source, layers: Sequence[_Recurrent], setup: Setup, masked: bool) -> Understood:
    shown = layers[: stack.MOST_LAYERS]
    notes = []
    if len(layers) > len(shown):
        told = {"got": len(layers), "most": len(shown), "shown": len(shown)}
        notes.append(Said("most.layers", told))
    query = setup.to_query()
    query |= stack.Wrapped(bidirectional=_wrap(layers[0])).to_query()
    repeats = _repeats(source)
    for place, layer in enumerate(shown[1:], 2):
        above, told = _mended(stack.Above, {**layer.fields, "bidirectional": _wrap(layer)})
        above = above.but(repeat_vector=place - 1 in repeats)
        query |= above.to_query(prefix=f"{place}.")
        notes += [*told, *_guessed(layer)]
    ending = _ENDINGS.get(_after(source), "none")
    choice = stack.Choice(layers=len(shown), ending=ending, mask_zero=masked)
    what = Said("code.stack", {"count": len(layers)})
    notes += _refused(layers, repeats)
    return Understood("code", what, "stack", query | choice.to_query(), tuple(notes))


def _wrap(layer: _Recurrent) -> Any:
    """The field `bidirectional` of the page Stacking: "off", or a merge mode, "none" for None."""
    return (layer.merge_mode or "none") if layer.both_ways else "off"


def _repeats(source: Source) -> set[int]:
    """How many recurrent layers stand below each RepeatVector."""
    found, below = set(), 0
    for call in source.layers:
        below += _is_recurrent(call)
        if call.name == "RepeatVector":
            found.add(below)
    return found


def _after(source: Source) -> tuple[str, ...]:
    """The layers after the last recurrent one, without those that only train."""
    last = max(place for place, call in enumerate(source.layers) if _is_recurrent(call))
    names = (call.name for call in source.layers[last + 1 :])
    return tuple(name for name in names if name != "Dropout")


def _refused(layers: Sequence[_Recurrent], repeats: set[int]) -> Iterator[Said]:
    """A layer below another one that returns no steps: Keras refuses the upper one."""
    for place, layer in enumerate(layers[:-1], 1):
        if layer.fields["return_sequences"] is not True and place not in repeats:
            yield Said("code.no_steps", {"code": Code(layer.call.written)})


def _not_shown(source: Source, layers: Sequence[_Recurrent], page: str) -> Iterator[Said]:
    """Notes on what stands in for the ending, on what Keras ignores, and on layers and arguments
    that are not shown."""
    shown = {"Embedding", "Input", "RepeatVector" if page == "stack" else ""}
    shown |= {"Masking"} if page in _MASK else set()
    ending = _after(source) if page == "stack" else ()
    if ending in _ENDINGS:
        shown |= set(ending)
        yield Said("code.ending", {"shown": _ENDINGS[ending]})
    left = [c for c in source.layers if not _is_recurrent(c) and c.name not in shown]
    if left:
        codes = tuple(Code(call.written) for call in left[:8])
        yield Said("code.not_shown", {"what": codes})
    yield from ignored(source)
    others = [name for layer in layers for name in layer.others if name not in _OF_INPUT]
    known = {*_OF_EMBEDDING, "mask_zero" if page in _MASK else ""}
    others += [name for name in _embedding(source) if name not in known]
    others += ["mask_value"] * any(map(_masks_other_than_0, source.layers))
    if others:
        each = list(dict.fromkeys(others))[:8]
        yield Said("code.arguments", {"what": tuple(map(Code, each))})


def _masks_other_than_0(call: Call) -> bool:
    return call.name == "Masking" and call.arguments.get("mask_value", 0) != 0


def ignored(source: Source) -> Iterator[Said]:
    """What Keras does not use of the code."""
    if "input_length" in _embedding(source):
        yield Said("code.input_length")


def _embedding(source: Source) -> list[str]:
    """The arguments that an Embedding is given, but for a mask_zero that masks nothing."""
    every = [call.arguments for call in source.layers if call.name == "Embedding"]
    return [name for each in every for name in each if each[name] is not False]
