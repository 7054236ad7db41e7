"""What if layers are stacked? Each reads what the one below passes on, if Keras accepts it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
from annotated_types import MaxLen
from pydantic import BeforeValidator, Field

from components.backend import answers, code, engine, layout
from components.backend.facts import Fact, replay_fact
from components.backend.layout import Layout
from components.backend.linked import Flag, Int, Linked, Place, Words, as_python
from components.backend.replay import Returned, Tensors, Trace, difference, replay, twin
from components.backend.results import embedded, named, origin_of
from components.backend.settings import Layer, Settings
from components.backend.weights import Weights, fitted

MOST_LAYERS = 4
SIZE = 3
"""The units of a Dense ending, and how often a RepeatVector repeats."""

Array = np.ndarray


class _Ending(NamedTuple):
    """A layer that can come after the last recurrent one."""

    build: Callable[[Any, Mapping[str, Any]], Any]
    """Makes the layer, given keras and the arguments that seed a Dense."""
    replay: Callable[[Array, Mapping[str, Array]], Array]
    steps: Callable[[int | None], int | None]
    """The number of steps that it returns, given those that it reads; None for a single vector."""
    units: int | None
    """The length of the last axis if the layer has weights; None if it keeps its input's length."""


def _dense(given: Array, weights: Mapping[str, Array]) -> Array:
    """y = x W + b at each step."""
    return given @ weights["kernel"] + weights["bias"]


_ENDINGS: Mapping[str, _Ending] = {
    "Dense(3)": _Ending(
        lambda keras, seeded: keras.layers.Dense(SIZE, name="ending", **seeded),
        _dense,
        lambda steps: steps,
        SIZE,
    ),
    "TimeDistributed(Dense(3))": _Ending(
        lambda keras, seeded: keras.layers.TimeDistributed(
            keras.layers.Dense(SIZE, name="dense", **seeded), name="ending"
        ),
        _dense,
        lambda steps: steps,
        SIZE,
    ),
    "RepeatVector(3)": _Ending(
        lambda keras, _: keras.layers.RepeatVector(SIZE, name="ending"),
        lambda given, _: np.repeat(given[:, np.newaxis], SIZE, axis=1),
        lambda _: SIZE,
        None,
    ),
}


class Joints(Linked):
    """How the layers are joined, and what comes after the last one."""

    hand_on: Annotated[Literal["everything", "outputs"], Place("stack")] = "everything"
    ending: Annotated[
        Literal["none", "Dense(3)", "TimeDistributed(Dense(3))", "RepeatVector(3)"], Place("stack")
    ] = "none"


class Choice(Joints):
    """A page's question without the layers' own fields: how many layers, and their joints."""

    layers: Annotated[Int, Field(ge=1, le=MOST_LAYERS), Place("stack")] = 2


class Above(Layer):
    """A layer above the first. Like Keras's, it returns no states by default."""

    return_state: Annotated[Flag, Place("layer")] = False


def _plain_layers(value: Any) -> Any:
    """Objects of Layer's subclasses as plain Layers, so that equal stacks are equal questions."""
    if not isinstance(value := as_python(value), tuple):
        return value
    return tuple(
        Layer(**{name: getattr(layer, name) for name in Layer.model_fields})
        if isinstance(layer, Layer)
        else layer
        for layer in value
    )


class Question(Joints):
    """A stack: the first layer with its input, the layers above it, and the ending.

    hand_on says what a layer with return_state passes on to the next one: "everything" that it
    returned, as Keras code does that does not unpack it, or "outputs" alone.
    """

    first: Annotated[Settings, Words("settings")] = Settings()
    above: Annotated[
        tuple[Layer, ...],
        BeforeValidator(_plain_layers),
        MaxLen(MOST_LAYERS - 1),
        Words("layers_above", {"most": MOST_LAYERS - 1}),
    ] = ()

    @property
    def layers(self) -> tuple[Layer, ...]:
        """All recurrent layers, from the bottom up; the first one is the settings."""
        return (self.first, *self.above)


@dataclass(frozen=True, eq=False)
class Reached(Tensors):
    """A layer that Keras could call: what it returned, and what it computed."""

    layer: Layer
    returned: tuple[Returned, ...]
    trace: Trace

    @property
    def settings(self) -> Layer:
        """The layer, by the name that a Run has for it, as charts draw both."""
        return self.layer


class Refusal(NamedTuple):
    """Keras refused what a layer passed on."""

    where: int  # the index of the layer that refused it; of the ending, the number of layers
    message: str  # what Keras said


@dataclass(frozen=True, eq=False)
class Answer:
    """What each layer of a stack returned and computed. Arrays are read-only."""

    question: Question
    layers: tuple[Reached, ...]  # those that Keras could call, from the bottom up
    ending_returned: Returned | None  # "outputs", if there is an ending and Keras could call it
    error: Refusal | None
    weights: Weights
    """Of the model as far as Keras built it: "embeddings", "0/kernel", "1/kernel", …
    "ending/kernel", "ending/bias"."""
    parameter_count: int  # of the same model
    replay_difference: float

    @property
    def returned(self) -> tuple[Returned, ...]:
        """What the whole model returns; empty if Keras refused to build it."""
        if self.error:
            return ()
        return (self.ending_returned,) if self.ending_returned else self.layers[-1].returned

    @property
    def handed_on(self) -> tuple[Returned, ...]:
        """What the last layer that Keras could call passes on."""
        returned = self.layers[-1].returned
        return returned if self.question.hand_on == "everything" else returned[:1]

    @property
    def mend(self) -> tuple[int, str] | None:
        """The index of the layer, and the name of its flag, that has to be switched for Keras to
        accept what it refused; None if it refused nothing. Another flag may have to follow."""
        if self.error is None:
            return None
        flag = "return_state" if len(self.handed_on) > 1 else "return_sequences"
        return self.error.where - 1, flag

    @property
    def nbytes(self) -> int:
        """Bytes of all its arrays."""
        tensors = [tensor for layer in self.layers for tensor in layer.returned]
        tensors += [self.ending_returned] if self.ending_returned else []
        arrays = (*self.weights.values(), *(tensor.values for tensor in tensors))
        traces = sum(layer.trace.nbytes for layer in self.layers)
        return traces + sum(array.nbytes for array in arrays)


def answer(question: Question, weights: Mapping[str, Any] | None = None) -> Answer:
    """Build the stack as far as Keras allows, run it, replay each layer, and check them all.

    The same question always gives the same answer; a repeated one comes out of a cache.

    Args:
        weights: by the answer's names, all that the whole stack calls for, in Keras's shapes; None
            draws them from the seed, different ones for each layer.

    Raises:
        SettingsError: weights are missing, unknown, of a wrong shape, or not finite.
        EngineError: Keras failed to import, or raised other than by refusing what a layer passes
            on.
        MismatchError: a replay and Keras disagree.
    """
    given = fitted(weights, weight_layout(question))
    return answers.reply(question, given, _compute, answers.computed)


def returned_layouts(question: Question) -> tuple[tuple[Layout, ...], ...]:
    """The tensors that each layer returns, and the ending's if there is one."""
    each = [layout.returned_layout(_alone(question, layer)) for layer in question.layers]
    if question.ending == "none":
        return tuple(each)
    last, ending = question.layers[-1], _ENDINGS[question.ending]
    steps = ending.steps(question.first.steps if last.return_sequences else None)
    units = ending.units or last.units
    sizes = {"sentence": len(question.first.tokens), "step": steps, "unit": units}
    axes = {axis: size for axis, size in sizes.items() if size is not None}
    return (*each, (Layout("outputs", tuple(axes), tuple(axes.values())),))


def weight_layout(question: Question) -> tuple[Layout, ...]:
    """The weights of the whole stack by the answer's names, in Keras's order."""
    return tuple(weight for each in _weight_layouts(question) for weight in each)


def _weight_layouts(question: Question) -> Iterator[tuple[Layout, ...]]:
    """The weights of the Embedding, of each layer, and of the ending."""
    yield layout.table_layout(question.first)
    features = layout.features(question.first)
    for number, layer in enumerate(question.layers):
        yield layout.prefixed(str(number), layout.layer_weight_layout(layer, features))
        features = layer.units
    if question.ending != "none" and (columns := _ENDINGS[question.ending].units):
        kernel = Layout("kernel", ("unit", "column"), (features, columns))
        yield layout.prefixed("ending", (kernel, Layout("bias", ("column",), (columns,))))


def script(question: Question, weights: Mapping[str, Any] | None = None) -> str:
    """A Python script that needs only Keras and prints what each layer and the ending return.

    If Keras refuses a layer, the script stops with that error, after printing the layers below.

    Args:
        weights: in place of those that the seed gives, as `answer` takes them.
    """
    given = fitted(weights, weight_layout(question))
    seed, layers = question.first.seed, question.layers
    parts = [
        code.layer_values(layer, seed, number=number, name=_name(number))
        | {"call": code.constructor(layer), "names": _names(layer, number), "handed": given}
        for number, (layer, given) in enumerate(zip(layers, _inputs(question), strict=False))
    ]
    return code.rendered(
        "stack",
        question.first,
        given,
        parts=parts,
        needs_keras2=any(part["keras2"] for part in parts),
        own=code.own_layers(*layers),
        ending=question.ending,
        ending_seed=engine.weight_seed(seed, "kernel", len(layers)),
        handed=_inputs(question)[-1],
    )


def _inputs(question: Question) -> list[str]:
    """The input of each layer and of the ending, as code."""
    alone = question.hand_on == "outputs"
    above = [
        f"returned_{number}[0]" if alone and layer.return_state else f"returned_{number}"
        for number, layer in enumerate(question.layers, 1)
    ]
    return ["sequence", *above]


def _names(layer: Layer, number: int) -> list[str]:
    """A script's names for the tensors that a layer returns."""
    returned = layout.returned_layout(Settings(**dict(layer)))
    return [f"{tensor.name}_{number + 1}" for tensor in returned]


def _name(number: int) -> str:
    """A layer's name in Keras, which its errors mention: counted from 1, as on the page."""
    return f"layer_{number + 1}"


def _alone(question: Question, layer: Layer) -> Settings:
    """The settings of a layer of the stack as if it read the sentence itself."""
    own = {name: getattr(layer, name) for name in Layer.model_fields}
    return question.first.but(**own)


class _Ran(NamedTuple):
    """What came out of Keras."""

    raw: engine.Raw  # its outputs are each layer's tensors, and then the ending's
    reached: int  # how many layers, and the ending, Keras could call
    error: Refusal | None


def _run(question: Question, weights: Weights | None) -> _Ran:
    """Build the model as far as Keras allows, and run it once."""
    first = question.first
    with engine.door() as (keras, tensorflow):
        inputs, calls, error = _called(keras, question)
        model = keras.Model(inputs, [tensor for tensors in calls for tensor in tensors])
        layouts = list(_weight_layouts(question))[: 1 + len(calls)]
        names = [weight.name for each in layouts for weight in each]
        if weights is not None:
            model.set_weights([weights[name] for name in names])
        outputs = engine.call(tensorflow, model, engine.model_input(first), steps=first.steps)
        held = dict(zip(names, model.get_weights(), strict=True))
        return _Ran(engine.Raw(outputs, held, model.count_params()), len(calls), error)


def _called(keras: Any, question: Question) -> tuple[Any, list[list[Any]], Refusal | None]:
    """The model's input, the tensors of each layer that could be called, and any refusal."""
    inputs, given = engine.build_input(keras, question.first)
    calls: list[list[Any]] = []
    layouts = returned_layouts(question)
    for number, layer in enumerate(_keras_layers(keras, question)):
        try:
            returned = layer(given)
        except ValueError as error:
            return inputs, calls, Refusal(number, f"{type(error).__name__}: {error}")
        tensors = list(returned) if isinstance(returned, list | tuple) else [returned]
        for tensor, expected in zip(tensors, layouts[number], strict=True):
            tensor.name = expected.name  # for Keras's errors; its own counts up with every model
        calls.append(tensors)
        given = returned if question.hand_on == "everything" else tensors[0]
    return inputs, calls, None


def _keras_layers(keras: Any, question: Question) -> Iterator[Any]:
    """The recurrent layers and the ending, whose weights Keras draws from the seed."""
    seed = question.first.seed
    for number, layer in enumerate(question.layers):
        yield engine.build_layer(keras, layer, seed, number=number, name=_name(number))
    if question.ending != "none":
        number = len(question.layers)
        kernel = engine.seeded(keras, seed, "kernel", number, name="GlorotUniform")
        yield _ENDINGS[question.ending].build(keras, {"kernel_initializer": kernel})


def _compute(question: Question, given: Weights | None) -> Answer:
    """Run the model, replay each layer and the ending from its input, and check them.

    Raises:
        EngineError, MismatchError: as `answer` does.
    """
    ran = _run(question, given)
    weights = Weights(origin_of(question.first, given), ran.raw.weights)
    outputs = iter(ran.raw.outputs)
    returned = [
        named(layouts, [next(outputs) for _ in layouts])
        for layouts in returned_layouts(question)[: ran.reached]
    ]
    layers = tuple(_replayed_layers(question, returned, weights))
    pairs = [(t, twin(each.trace, t)) for each in layers for t in each.returned]
    ended = returned[-1][0] if len(returned) > len(question.layers) else None
    if ended is not None:
        read, own = layers[-1].returned[0].values, weights.of_layer("ending")
        pairs.append((ended, _ENDINGS[question.ending].replay(read, own)))
    return Answer(
        question=question,
        layers=layers,
        ending_returned=ended,
        error=ran.error,
        weights=weights,
        parameter_count=ran.raw.parameter_count,
        replay_difference=difference(pairs),
    )


def _replayed_layers(
    question: Question, returned: Sequence[tuple[Returned, ...]], weights: Weights
) -> Iterator[Reached]:
    """Each layer that Keras could call, replayed from what Keras returned from the layer below. If
    it were replayed from the replay below, rounding errors would grow from layer to layer."""
    tokens, inputs = np.array(question.first.tokens), embedded(question.first, weights)
    for number, (layer, tensors) in enumerate(zip(question.layers, returned, strict=False)):
        trace = replay(layer, tokens, inputs, weights.of_layer(str(number)))
        yield Reached(layer, tensors, trace)
        # The next layer reads the outputs in the order returned, even if go_backwards reversed it.
        tokens, inputs = trace.tokens, tensors[0].values


def facts(answer: Answer) -> tuple[Fact, ...]:
    """All that can be stated about an answer, measured on its numbers. Layers count from 1."""
    reads = (_reads(answer, number) for number in range(1, len(answer.layers)))
    end = _refused(answer) if answer.error else _ended(answer)
    return (
        *reads,
        end,
        _shapes(answer),
        _parameters(answer),
        replay_fact(answer.replay_difference),
    )


def _reads(answer: Answer, number: int) -> Fact:
    """A layer, replayed from the outputs of the one below, compared with what Keras returned."""
    reached = answer.layers[number]
    apart = difference((tensor, twin(reached.trace, tensor)) for tensor in reached.returned)
    values = {"layer": number + 1, "below": number, "difference": apart}
    return Fact("reads", True, values)  # else answer() has raised


def _ended(answer: Answer) -> Fact:
    """What the stack returns, given the last layer's flags and the ending."""
    last, ended = answer.layers[-1], answer.ending_returned
    steps = last.layer.return_sequences
    values: dict[str, Any] = {"shape": answer.returned[0].values.shape}
    values |= {"ending": answer.question.ending, "steps": answer.question.first.steps}
    if ended is None:
        expected = last.trace.hidden if steps else last.trace.hidden[:, -1]
        kind = "last_sequence" if steps else "last_step"
    else:
        own, read = answer.weights.of_layer("ending"), last.returned[0].values
        expected = _ENDINGS[answer.question.ending].replay(read, own)
        wrapped = answer.question.ending.startswith("TimeDistributed")
        sequence = "ending_wrapped" if wrapped else "ending_sequence"
        dense = sequence if steps else "ending_step"
        kind = dense if own else "ending_repeated"
    values["difference"] = difference([(answer.returned[0], expected)])
    return Fact(kind, True, values)


def _refused(answer: Answer) -> Fact:
    """What Keras refused, named by the flag that mends it."""
    below, flag = answer.mend
    refused = answer.error.where
    ending = refused == len(answer.question.layers)
    name = f"{'ending' if ending else 'layer'}_refused_{flag}"
    if ending and flag == "return_sequences" and answer.layers[below].layer.return_sequences:
        name = "ending_refused_sequence"
    passed_on = answer.handed_on
    values = {
        "below": below + 1,
        "layer": refused + 1,
        "ending": answer.question.ending,
        "count": len(passed_on),
        "shapes": _listed(passed_on),
    }
    return Fact(name, None, values)


def _shapes(answer: Answer) -> Fact:
    """The shape of the main tensor, from the ids through all layers that Keras could call."""
    ids = (engine.model_input(answer.question.first).shape, answer.layers[0].trace.inputs.shape)
    outputs = [reached.returned[0].values.shape for reached in answer.layers]
    outputs += [answer.ending_returned.values.shape] if answer.ending_returned else []
    path = [*dict.fromkeys(ids), *outputs]
    return Fact("shapes", None, {"shapes": " → ".join(map(str, path))})


def _parameters(answer: Answer) -> Fact:
    """The sizes of each layer's weights, compared with Keras's count of the whole model."""
    sizes: dict[str, int] = {}
    for name, array in answer.weights.items():
        owner = name.partition("/")[0]
        sizes[owner] = sizes.get(owner, 0) + array.size
    values = {"sum": " + ".join(map(str, sizes.values())), "count": answer.parameter_count}
    return Fact("parameters", sum(sizes.values()) == answer.parameter_count, values)


def _listed(tensors: Sequence[Returned]) -> str:
    return ", ".join(str(tensor.values.shape) for tensor in tensors)
