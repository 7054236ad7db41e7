"""What if layers are stacked? Each reads what the one below passes on, if Keras accepts it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

import numpy as np
from annotated_types import MaxLen
from pydantic import BeforeValidator, Field

from components.backend.question.layout import input_layout
from components.backend.question.linked import FieldRule, Flag, Int, Linked, Message, as_python
from components.backend.question.settings import Layer, Settings
from components.backend.running import keras_layers
from components.backend.running.endings import ENDINGS
from components.backend.running.facts import Fact, replay_fact, stated
from components.backend.running.model import INITIAL, Model, Recurrent, reads_all_steps
from components.backend.running.model_run import LayerRun, ModelRun
from components.backend.running.replay import Returned
from components.backend.running.results import model_answer
from components.backend.scripts.script import model_script
from components.texts import numeral, text

MOST_LAYERS = 4


Wrap = Literal["off", "concat", "sum", "mul", "ave", "none"]
"""Whether Bidirectional wraps a layer, and its merge_mode; "none" stands for None."""


class Wrapped(Linked):
    """Whether Bidirectional wraps a layer, and how it merges the outputs of the two inside it; what
    the layer begins with, and what it puts out at masked steps."""

    texts = "settings"

    bidirectional: Annotated[Wrap, FieldRule("layer")] = "off"
    initial_state: Flag = False  # INITIAL
    zero_output_for_mask: Annotated[  # Bidirectional sets it by itself
        Flag, FieldRule("advanced", applies=lambda q: q.bidirectional == "off")
    ] = False


class Joints(Linked):
    """How the layers are joined, what is masked, and what comes after the last one."""

    texts = "stack_view"

    hand_on: Literal["everything", "outputs"] = "everything"
    ending: Literal[("none", *ENDINGS)] = "none"
    mask_zero: Flag = False
    pass_mask: Flag = False  # pass mask= to the first layer by hand


class Choice(Joints):
    """A page's question without the layers' own fields: how many layers, and their joints."""

    layers: Annotated[Int, Field(ge=1, le=MOST_LAYERS)] = 2


class Above(Layer, Wrapped):
    """A layer above the first. Like Keras's, it returns no states by default."""

    return_state: Annotated[Flag, FieldRule("layer")] = False
    repeat_vector: Flag = False
    """A RepeatVector stands below it: at each of the sentence's steps it reads the one vector of
    the layer below, as an autoencoder's decoder does."""


def _layers_above(value: Any) -> Any:
    """Turn layers of any class into `Above`, so that equal stacks are equal questions."""
    if not isinstance(value := as_python(value), tuple):
        return value
    return tuple(
        Above(**{name: getattr(layer, name) for name in Above.model_fields if hasattr(layer, name)})
        if isinstance(layer, Layer)
        else layer
        for layer in value
    )


class Question(Joints, Wrapped):
    """A stack: the first layer with its input, the layers above it, and the ending.

    bidirectional, initial_state and zero_output_for_mask are the first layer's.

    hand_on says what a layer with return_state passes to the next one: "everything" that it
    returned, as in Keras code that does not unpack the tensors; or "outputs" alone.
    """

    first: Annotated[Settings, Message("settings")] = Settings()
    above: Annotated[
        tuple[Above, ...],
        BeforeValidator(_layers_above),
        MaxLen(MOST_LAYERS - 1),
        Message("layers_above", {"most": MOST_LAYERS - 1}),
    ] = ()

    @property
    def layers(self) -> tuple[Layer, ...]:
        """All recurrent layers, from the bottom up; the first one is the settings."""
        return (self.first, *self.above)

    @property
    def wraps(self) -> tuple[Wrapped, ...]:
        """How each layer is wrapped, and what it begins with, from the bottom up."""
        return (self, *self.above)

    @property
    def model(self) -> Model:
        """The model that it asks for."""
        return Model(
            self.first,
            tuple(self._layer(number) for number in range(len(self.layers))),
            self.hand_on,
            self.ending,
            mask_zero=self.mask_zero,
            pass_mask=self.pass_mask,
        )

    def _layer(self, number: int) -> Recurrent:
        """The layer of that index."""
        wrapped = self.wraps[number]
        wrap = wrapped.bidirectional
        layer = Recurrent(
            self.layers[number],
            name=f"layer_{number + 1}",  # as Keras's errors say it, and the page, from 1
            prefix=f"{number}/",
            # The weights of all other layers stay the same when one is wrapped. The ending's
            # number is at most MOST_LAYERS.
            numbers=(number, MOST_LAYERS + 1 + number),
            both_ways=wrap != "off",
            merge_mode="concat" if wrap == "off" else None if wrap == "none" else wrap,
            zero_output_for_mask=wrapped.zero_output_for_mask and wrap == "off",
            repeated=isinstance(wrapped, Above) and wrapped.repeat_vector,
        )
        if not wrapped.initial_state:
            return layer
        return replace(layer, initial=layer.states_of(len(self.first.rows), INITIAL))


@dataclass(frozen=True, eq=False)
class Answer(ModelRun):
    """What each layer of a stack returned and computed, as far as Keras could call them.

    Weights are named "embeddings", "0/kernel", "1/kernel", … "ending/kernel", "ending/bias".
    """

    question: Question

    def passed_on(self, layer: LayerRun) -> tuple[Returned, ...]:
        """The tensors that a layer passes to the next one."""
        if self.question.hand_on == "everything":
            return layer.returned
        return layer.returned[: layer.recurrent.output_count]

    @property
    def reads_all_steps(self) -> bool:
        """Whether the ending reads all steps as one vector."""
        return reads_all_steps(self.question.model)

    @property
    def mend(self) -> tuple[int, str] | None:
        """The change that makes Keras accept what it refused: a layer's index, and the name of the
        flag to switch there; or "bidirectional", if outputs have to be merged. Another change may
        have to follow. None if Keras refused nothing."""
        if self.error is None:
            return None
        below = self.layers[-1]
        flag = "return_state" if len(self.passed_on(below)) > 1 else "return_sequences"
        if below.recurrent.output_count > 1:
            flag = "bidirectional"
        return self.error.where - 1, flag


def answer(question: Question, weights: Mapping[str, Any] | None = None) -> Answer:
    """Build the stack as far as Keras allows, and run it, as `model_answer` does; a refusal is no
    error. The seed draws different weights for each layer."""
    return model_answer(Answer, question, weights)


def script(question: Question, weights: Mapping[str, Any] | None = None) -> str:
    """A Python script that needs only Keras and prints what each layer and the ending return.

    If Keras refuses a layer, the script stops with that error, after printing the layers below.
    Weights as `answer` takes them.
    """
    return model_script(question.model, weights, note=text("scripts.stack.note"))


def facts(answer: Answer) -> tuple[Fact, ...]:
    """All that can be stated about an answer, measured on its numbers. Layers count from 1."""
    reads = (_reads(answer, number) for number in range(1, len(answer.layers)))
    end = _refused(answer) if answer.error else _ended(answer)
    return stated(
        *reads,
        *_masks(answer),
        _mask_out(answer),
        *_starts(answer),
        end,
        _shapes(answer),
        _parameters(answer),
        replay_fact(answer),
    )


def _reads(answer: Answer, number: int) -> Fact:
    """A layer, replayed from the outputs of the one below, compared with what Keras returned."""
    values: dict[str, Any] = {"layer": number + 1, "below": number}
    values |= {"difference": max(answer.differences[number]), "steps": answer.question.first.steps}
    name = "reads_repeated" if answer.layers[number].recurrent.repeated else "reads"
    return Fact(name, all(answer.agreeing[number]), values)


def _masks(answer: Answer) -> Iterator[Fact]:
    """Which layers the mask reaches, and what it does to what they read and return."""
    if not _is_masked(answer.question):
        return
    reached = [number for number, layer in enumerate(answer.layers, 1) if layer.mask is not None]
    others = [number for number, layer in enumerate(answer.layers, 1) if layer.mask is None]
    values: dict[str, Any] = {"layers": _numbers(reached), "others": _numbers(others)}
    if reached:
        first = answer.layers[reached[0] - 1]
        without = float(np.abs(first.moved(answer.weights, masked=False)).max())
        values |= {"first": reached[0], "without": without}
    kind = "some" if reached and others else "all" if reached else "none"
    yield Fact(f"mask_{kind}", None, values)
    for number, layer in enumerate(answer.layers, 1):
        if layer.mask is None or layer.mask.all():
            continue
        if layer.recurrent.zeros_masked and layer.layer.return_sequences:
            largest = layer.masked_output
            name = "mask_zeros" if layer.recurrent.both_ways else "mask_zeros_asked"
            yield Fact(name, largest == 0, {"layer": number, "largest": largest})
        if wrong := _wrongly_masked(answer, number):
            yield Fact("mask_wrong_steps", None, {"layer": number, "count": wrong})


def _mask_out(answer: Answer) -> Fact | None:
    """Whether the last layer passes the mask on; None if the stack was not built. Keras's layers
    pass it on with a sequence, even where initial_state has dropped it for the layer itself.
    Flatten drops it, with a warning."""
    if answer.error or not _is_masked(answer.question):
        return None
    to = "ending" if answer.question.ending != "none" else "stack"
    how = "passed" if answer.layers[-1].layer.return_sequences else "ends"
    how = "dropped" if answer.reads_all_steps else how
    values = {"layer": len(answer.layers), "ending": answer.question.ending}
    return Fact(f"mask_{how}_{to}", None, values)


def _wrongly_masked(answer: Answer, number: int) -> int:
    """At how many steps the mask is wrong: a layer below with go_backwards returned its outputs in
    reverse, and Keras did not reverse the mask with them."""
    reversed_ = sum(below.layer.go_backwards for below in answer.layers[:number]) % 2
    right = keras_layers.unpadded(answer.question.first)[:, :: -1 if reversed_ else 1]
    return int(np.count_nonzero(answer.layers[number - 1].mask != right))


def _is_masked(question: Question) -> bool:
    """Whether any layer gets a mask, unless Keras drops it."""
    return question.mask_zero or question.pass_mask


def _starts(answer: Answer) -> Iterator[Fact]:
    """Which states each layer's initial_state names, and in which order."""
    for number, layer in enumerate(answer.layers, 1):
        if not layer.recurrent.initial:
            continue
        values: dict[str, Any] = {"layer": number, "names": ", ".join(layer.recurrent.state_names)}
        if len(layer.recurrent.state_names) == 1:
            yield Fact("initial_one", None, values)
        else:
            values["difference"] = layer.moved_in_reverse(answer.weights)
            yield Fact("initial_order", None, values)


def _numbers(layers: Sequence[int]) -> str:
    return ", ".join(map(str, layers))


def _ended(answer: Answer) -> Fact:
    """Which tensors the stack returns, by the last layer's flags and the ending."""
    last = answer.layers[-1]
    steps = last.layer.return_sequences
    both = "_both" if last.recurrent.both_ways else "_zeros" if _ends_in_zeros(last) else ""
    values: dict[str, Any] = {"shape": answer.returned[0].values.shape}
    values |= {"ending": answer.question.ending, "steps": answer.question.first.steps}
    values |= {"difference": answer.differences[-1][0]}
    holds = answer.agreeing[-1][0]
    if last.recurrent.output_count > 1:
        values |= {"shapes": listed_shapes(answer.returned[:2])}
        values |= {"difference": max(answer.differences[-1][:2])}
        return Fact("last_halves", all(answer.agreeing[-1][:2]), values)
    if answer.ending_returned is None:
        return Fact("last_sequence" if steps else f"last_step{both}", holds, values)
    own, ending = answer.weights.of_layer("ending/"), ENDINGS[answer.question.ending]
    if not own:
        return Fact("ending_repeated", holds, values)
    if ending.flattens:
        values |= _flat_sizes(own, last.recurrent.units)
        return Fact(ending.of_sequence if steps else "ending_flat_step", holds, values)
    return Fact(ending.of_sequence if steps else f"ending_step{both}", holds, values)


def _ends_in_zeros(layer: LayerRun) -> bool:
    """Whether zero_output_for_mask has the layer return 0 in place of some sentence's last h."""
    zeros = layer.recurrent.zeros_masked and not layer.layer.return_sequences
    return zeros and not layer.counts[:, -1].all()


def _flat_sizes(own: Mapping[str, np.ndarray], units: int) -> dict[str, int]:
    """How many numbers a Dense after Flatten reads, how many weights it has, and how many it would
    have without Flatten."""
    rows, columns = own["kernel"].shape
    count = sum(array.size for array in own.values())
    return {"rows": rows, "count": count, "plain": (units + 1) * columns}


def _refused(answer: Answer) -> Fact:
    """What Keras refused. The fact's name has the flag that mends it."""
    assert answer.error is not None
    assert answer.mend is not None
    below, flag = answer.mend
    refused = answer.error.where
    ending = refused == len(answer.question.layers)
    name = f"{'ending' if ending else 'layer'}_refused_{flag}"
    if ending and flag == "return_sequences" and answer.layers[below].layer.return_sequences:
        name = "ending_refused_sequence"
    elif not ending and answer.question.above[below].repeat_vector and flag == "return_sequences":
        name = "layer_refused_sequence"
    passed_on = answer.passed_on(answer.layers[-1])
    values = {
        "below": below + 1,
        "layer": refused + 1,
        "ending": answer.question.ending,
        "count": len(passed_on),
        "shapes": listed_shapes(passed_on),
    }
    return Fact(name, None, values)


def _shapes(answer: Answer) -> Fact:
    """The shape of the main tensor, from the ids through all layers that Keras could call."""
    read = [layout.shape for layout in input_layout(answer.question.first)]
    outputs = [
        listed_shapes(each.returned[: each.recurrent.output_count]) for each in answer.layers
    ]
    outputs += [str(answer.ending_returned.values.shape)] if answer.ending_returned else []
    layers = (each.recurrent for each in answer.layers)
    doubled = any(layer.both_ways and layer.merge_mode == "concat" for layer in layers)
    name = "shapes_concat" if doubled else "shapes"
    return Fact(name, None, {"shapes": " → ".join((*map(str, read), *outputs))})


def _parameters(answer: Answer) -> Fact:
    """The sizes of each layer's weights, compared with Keras's count of the whole model."""
    sizes: dict[str, int] = {}
    for name, array in answer.weights.items():
        owner = name.partition("/")[0]
        sizes[owner] = sizes.get(owner, 0) + array.size
    values = {"sum": " + ".join(map(numeral, sizes.values())), "count": answer.parameter_count}
    return Fact("parameters", sum(sizes.values()) == answer.parameter_count, values)


def listed_shapes(tensors: Sequence[Returned]) -> str:
    """The shapes of tensors, as a text names them."""
    return ", ".join(str(tensor.values.shape) for tensor in tensors)
