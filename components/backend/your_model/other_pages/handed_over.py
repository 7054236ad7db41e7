"""Hands a recurrent layer of a visitor's model over to the pages of one layer: its arguments, its
weights, and the numbers that it read here.

    found = handed_over(answer.explained, call)         # for Explore, Edit, Compare and others
    found = handed_to_padding(answer.explained, call)   # for Padding
    if isinstance(found, HandedOver):
        st.page_link(…, query_params=found.query)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from components.backend.explained.explain import Explained, LayerCall
from components.backend.explained.traces import CellTrace
from components.backend.origins.uploaded import register_upload
from components.backend.origins.weight_source import WeightSource
from components.backend.question.linked import Message, SettingsError
from components.backend.question.sentences import MAX_SENTENCES, MAX_STEPS, Tokens
from components.backend.question.settings import Layer
from components.backend.question.setup import Setup
from components.backend.question.weights import Sized
from components.backend.whatif import padding
from components.backend.your_model.other_pages.numbers_read import PageInput, StepsRead, page_input

Array = np.ndarray

PADDING_PREFIX = "pad."
"""Of the fields of the page Padding in its address."""


@dataclass(frozen=True, eq=False)
class HandedOver(Sized):
    """A layer and what it read, as a page of one layer takes them. Whoever shows a link keeps it:
    the weights of the link are kept as long as it is."""

    setup: Setup
    source: WeightSource
    choice: padding.Choice | None  # what the page Padding asks; None for other pages
    sentences: tuple[int, ...]  # those of the sentences that the layer read, from 0
    steps: tuple[int, ...]
    """Of these sentences the steps, from 0 and in the order of the sentence. On the page Padding
    some of them may be masked."""
    notes: tuple[Message, ...]  # in what it differs from what the layer did in the model

    @property
    def query(self) -> dict[str, str]:
        """The parameters of the page's link."""
        found = self.setup.to_query() | self.source.to_query()
        return found | (self.choice.to_query(prefix=PADDING_PREFIX) if self.choice else {})

    @property
    def nbytes(self) -> int:
        """Bytes of all its arrays."""
        return self.source.uploaded.nbytes if self.source.uploaded else 0


def handed_over(
    explained: Explained, call: LayerCall, cell: int = 0, *, sentence: int = 0, count: int = 0
) -> HandedOver | Message:
    """What the pages of one layer take that read without a mask: Explore, Edit, Compare, …; or why
    they cannot have the layer. If the layer skipped steps, they read those that it did not skip: of
    all sentences if these are the same steps, or else of one sentence.

    Args:
        call: of a recurrent layer in it, which has `cells`.
        cell: which of these.
        sentence: the one that is looked at, from 0.
        count: how many of the sentences were typed, the first ones; 0 for all.
    """
    trace = call.cells[cell]
    whole = _whole(explained, trace, count)
    taken = _cut(_unmasked(whole, sentence), trace)
    if not taken.steps.size:
        return Message("handed_all_masked", {"sentence": sentence + 1})
    notes = (*_differences(call, trace, taken), *_left_out(trace, taken, whole))
    return _opened_by_link(trace, taken, page_input(taken), notes)


def handed_to_padding(
    explained: Explained, call: LayerCall, cell: int = 0, *, count: int = 0
) -> HandedOver | Message:
    """What the page Padding takes, with the steps that the layer skipped as ids of 0; or why it
    cannot have the layer. The others are as for `handed_over`."""
    trace = call.cells[cell]
    whole = _whole(explained, trace, count)
    taken = _cut(_shared(whole), trace)
    if not taken.steps.size:
        return Message("handed_all_masked_alike")
    read = page_input(taken, as_ids=True)
    notes = (*_differences(call, trace, taken), *_left_out(trace, taken, whole))
    return _opened_by_link(
        trace, taken, read, notes, choice=_choice(call, trace, read.rows, taken.counts)
    )


# What is taken


def _reads_backwards(trace: CellTrace) -> bool:
    """Whether a cell reads the last step first. Of an RNN of several cells those above read in the
    order of the one below."""
    upper = trace.name.rpartition("_")[2] not in ("", "0", "forward", "backward")
    return trace.layer.go_backwards and not upper


def _whole(explained: Explained, trace: CellTrace, count: int) -> StepsRead:
    """All that a cell read of the sentences that were typed, as many as a page takes."""
    order = slice(None, None, -1 if _reads_backwards(trace) else 1)
    vectors, counts = trace.trace.inputs[:, order], trace.trace.counts[:, order]
    most = min(count or len(vectors), MAX_SENTENCES)
    return StepsRead.of(explained, vectors, counts).at(slice(most), slice(None))


def _shared(taken: StepsRead) -> StepsRead:
    """It without the steps that are masked in all sentences."""
    return taken.at(slice(None), taken.counts.any(axis=0))


def _unmasked(taken: StepsRead, sentence: int) -> StepsRead:
    """It without masked steps: of all sentences if these have the same ones, else of that one."""
    shared = _shared(taken)
    if shared.counts.all():
        return shared
    at = min(sentence, len(taken.sentences) - 1)
    return taken.at(slice(at, at + 1), taken.counts[at])


def _cut(taken: StepsRead, trace: CellTrace) -> StepsRead:
    """As many steps of it as a page takes: those that the cell read first."""
    kept = slice(-MAX_STEPS, None) if _reads_backwards(trace) else slice(MAX_STEPS)
    return taken.at(slice(None), kept)


# What a page gets


def _opened_by_link(
    trace: CellTrace,
    taken: StepsRead,
    read: PageInput,
    notes: tuple[Message, ...],
    choice: padding.Choice | None = None,
) -> HandedOver | Message:
    """The layer as a page opens it that reads this; or which setting of it no page has."""
    layer = {name: value for name, value in trace.layer if name in Layer.model_fields}
    layer["go_backwards"] = _reads_backwards(trace)
    table = {} if read.table is None else {"embeddings": read.table}
    try:
        setup = Setup(**layer, **read.fields)
        weights = register_upload(table | dict(trace.weights), setup.settings)
    except SettingsError as error:
        problem = error.problems[0]
        values = {"field": problem.field, "got": problem.got, "allowed": problem.allowed}
        return Message("handed_setting", values)
    source = WeightSource(uploaded=weights)
    sentences, steps = (tuple(each.tolist()) for each in (taken.sentences, taken.steps))
    return HandedOver(setup, source, choice, sentences, steps, (*read.notes, *notes))


def _choice(call: LayerCall, trace: CellTrace, ids: Tokens, counts: Array) -> padding.Choice:
    """What the page Padding asks: sentences without the masked steps at one of their ends."""
    if counts.all():
        return padding.Choice(sentences=ids, mask_zero=False)
    side: padding.Side = "pre" if counts[:, -1].all() else "post"
    pairs = zip(ids, counts, strict=True)
    return padding.Choice(
        sentences=tuple(_trimmed(*each, side) for each in pairs),
        side=side,
        zero_output_for_mask=_zeroes(call, trace),
    )


def _trimmed(ids: tuple[int, ...], counts: Array, side: padding.Side) -> tuple[int, ...]:
    """A sentence without the masked steps at that end of it; at least one step."""
    counted = np.flatnonzero(counts)
    if not counted.size:
        return ids[:1]
    return ids[: counted[-1] + 1] if side == "post" else ids[counted[0] :]


def _zeroes(call: LayerCall, trace: CellTrace) -> bool:
    """Whether a layer of one cell returned zeros at masked steps, and not h."""
    if len(call.cells) > 1:
        return False
    outputs, masked = call.returned[0].values, ~trace.trace.counts
    hidden = trace.trace.hidden
    if outputs.ndim == 2:
        masked, hidden = masked[:, -1], hidden[:, -1]
    return bool((outputs[masked] == 0).all() and (hidden[masked] != 0).any())


# What is said of it


def _differences(call: LayerCall, trace: CellTrace, taken: StepsRead) -> Iterator[Message]:
    """In what a page computes differently."""
    if any(state[taken.sentences].any() for state in trace.trace.initial.values()):
        yield Message("handed_states", {"layer": call.name})
    if call.dtype not in ("", "float32"):
        yield Message("handed_precision", {"policies": call.dtype})


def _left_out(trace: CellTrace, taken: StepsRead, whole: StepsRead) -> Iterator[Message]:
    """Which sentences and steps the page does not have."""
    if len(taken.sentences) < len(whole.sentences):
        yield Message("handed_sentence", {"sentence": int(taken.sentences[0]) + 1})
    steps, counted = len(whole.steps), int(whole.counts[taken.sentences].any(axis=0).sum())
    if counted < steps:
        yield Message("handed_masked", {"count": steps - counted})
    if counted > MAX_STEPS:
        values = {"count": counted, "most": MAX_STEPS}
        backwards = _reads_backwards(trace)
        yield Message("handed_cut_backwards" if backwards else "handed_cut", values)
