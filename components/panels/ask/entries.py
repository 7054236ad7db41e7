"""What the entries of the page Questions have beside their texts."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from components.panels.ask.address import leads
from components.panels.write.html import inline
from components.texts import text

PREDICT: Mapping[str, str] = {
    "return_sequences": "returned.changed",
    "which_flags": "returned.flags",
    "states": "states.which_column",
    "count": "returned.tensors",
    "every_c": "states.how_many",
    "backwards": "both_directions.have_read",
    "features": "shapes.outputs",
    "units": "parameters.how_many",
    "one_step": "calls.begins",
    "samples": "shapes.outputs",
    "targets": "",
    "reshape": "",
    "forecast": "",
    "flat": "",
    "same_class": "padded.goes_on",
    "embedding": "shapes.read",
    "gates": "gates.held",
    "two_states": "states.new_h",
    "hold_gate": "gates.gru",
    "forget_bias": "gates.at_first",
    "unbounded": "states.leaves_the_range",
    "relu": "states.leaves_the_range",
    "hard_sigmoid": "",
    "parameters": "parameters.blocks",
    "reset_after": "",
    "stacking": "stacking.refused",
    "stack_states": "stacking.states",
    "stack_initial": "",
    "dense": "shapes.next_one",
    "many": "shapes.next_one",
    "flatten": "shapes.next_one",
    "repeat": "",
    "attention": "attention.shape",
    "attention_classifier": "attention.shape",
    "self_attention": "attention.causal",
    "both_outputs": "both_directions.switched_off",
    "both_states": "both_directions.place",
    "mask": "padded.goes_on",
    "masking": "padded.real_zero",
    "padding": "padded.other_side",
    "lengths": "padded.goes_on",
    "both_masked": "padded.still_there",
    "mask_up": "padded.above",
    "mask_lost": "padded.above",
    "initial_state": "calls.apart",
    "stateful": "calls.made_same",
    "same_x": "calls.begins",
    "reset": "calls.begins",
    "epochs": "calls.made_same",
    "batch_size": "shapes.state",
    "encoder_decoder": "calls.passed",
    "state_order": "states.last_c",
    "inference": "",
    "fed_back": "",
    "asking_decoder": "attention.shape",
    "both_encoder": "both_directions.tensors",
    "why_gates": "gates.without",
    "learning": "gates.without",
    "vanishing": "gradients.fallen",
    "early_words": "gradients.reached",
    "remembers": "gradients.remembers",
    "which_step": "gradients.reached",
    "one_weight": "parameters.one_change",
    "dropout": "",
    "order": "parameters.blocks",
    "cudnn": "",
    "slow_dropout": "",
    "pytorch": "",
    "own_model": "stacking.returned",
    "which_word": "gradients.reached",
    "mistakes.table": "shapes.outputs",
    "mistakes.no_features": "shapes.read",
    "mistakes.no_steps": "stacking.refused",
    "mistakes.ids_with_an_axis": "shapes.read",
    "mistakes.samples_in_input": "shapes.outputs",
    "mistakes.no_batch": "shapes.state",
    "mistakes.other_features": "parameters.one_change",
    "mistakes.flatten": "stacking.refused",
    "mistakes.repeat_vector": "",
    "mistakes.time_distributed": "shapes.next_one",
    "mistakes.targets": "shapes.next_one",
    "mistakes.class_targets": "shapes.next_one",
    "mistakes.class_numbers": "",
    "mistakes.ragged": "padded.goes_on",
    "mistakes.reshape": "",
    "mistakes.id_too_large": "parameters.largest",
    "mistakes.batch_input_shape": "shapes.state",
    "mistakes.input_shape": "shapes.outputs",
    "mistakes.input_length": "parameters.how_many",
    "mistakes.return_sequence": "returned.changed",
    "mistakes.inner_activation": "",
    "mistakes.batch_first": "shapes.outputs",
    "mistakes.merge_mode": "both_directions.shape",
    "mistakes.weights": "",
    "mistakes.set_weights_before": "parameters.one_change",
    "mistakes.transposed": "parameters.blocks",
    "mistakes.one_bias": "",
    "mistakes.use_cudnn": "",
    "mistakes.softmax_of_one_class": "",
    "mistakes.three_of_gru": "returned.unpacking",
    "mistakes.two_of_lstm": "returned.unpacking",
    "mistakes.no_return_state": "returned.unpacking",
    "mistakes.everything": "stacking.states",
    "mistakes.states_in_a_list": "calls.made_same",
    "mistakes.one_state": "calls.passed",
    "mistakes.outputs_as_state": "calls.passed",
    "mistakes.four_states": "both_directions.tensors",
    "mistakes.two_states_both_ways": "both_directions.tensors",
    "mistakes.other_units": "calls.other_size",
    "mistakes.other_batch": "shapes.state",
    "mistakes.stateful_any_batch": "shapes.state",
    "mistakes.stateful_other_batch": "shapes.state",
    "mistakes.stateful_last_batch": "shapes.state",
    "mistakes.reset_states": "calls.begins",
    "mistakes.stateful_again": "calls.begins",
    "mistakes.reset_to_values": "calls.begins",
    "mistakes.mask_of_features": "padded.real_zero",
    "mistakes.mask_of_steps": "padded.goes_on",
    "mistakes.short_mask": "padded.goes_on",
    "mistakes.mask_through_conv": "padded.above",
    "mistakes.ids_as_numbers": "shapes.read",
    "mistakes.swapped_states": "states.last_c",
    "mistakes.one_row": "shapes.state",
    "mistakes.mse": "shapes.next_one",
    "mistakes.shuffled_alone": "",
    "mistakes.last_batch_of_one": "shapes.state",
    "mistakes.relu": "states.leaves_the_range",
    "mistakes.mask_times": "padded.above",
    "mistakes.mask_and_states": "padded.above",
    "mistakes.zeros_masked": "padded.real_zero",
    "mistakes.id_below_zero": "parameters.largest",
    "mistakes.old_hard_sigmoid": "",
    "mistakes.query_of_two_axes": "attention.two_axes",
    "mistakes.attention_without_sequences": "attention.two_axes",
    "mistakes.scores_in_the_constructor": "",
    "mistakes.query_and_value": "attention.shape",
    "mistakes.key_before_value": "attention.shape",
    "mistakes.states_as_value": "attention.shape",
    "mistakes.softmax_over_one": "attention.padded",
    "mistakes.padding_weighed": "attention.padded",
    "mistakes.additive_without_projections": "",
}
"""For each question and each mistake of the page Questions the lesson's question on the same idea,
as "lesson.question"; empty if no lesson asks about it."""

NEXT: Mapping[str, str] = {
    "return_sequences": "stack",
    "which_flags": "encoder_decoder",
    "states": "calls",
    "backwards": "both_ways",
    "features": "series",
    "one_step": "calls",
    "embedding": "padding",
    "gates": "edit",
    "forget_bias": "influence",
    "stack_states": "encoder_decoder",
    "repeat": "encoder_decoder",
    "both_states": "encoder_decoder",
    "initial_state": "encoder_decoder",
    "stateful": "both_ways?stateful=true",
    "encoder_decoder": "attention",
    "asking_decoder": "attention",
    "why_gates": "influence",
    "vanishing": "attention",
    "early_words": "attention",
    "which_step": "attention",
    "dropout": "calls?reads=again&cause=dropout",
}
"""For a question the address on which its idea goes on; for the others none does."""

STRIPS: Mapping[str, str] = {
    "return_sequences": "timeline",
    "which_flags": "timeline",
    "states": "timeline",
    "backwards": "timeline",
    "units": "timeline",
    "unbounded": "timeline",
    "relu": "timeline",
    "forget_bias": "edit.1",
    "reset_after": "parameters.-1",
    "one_weight": "edit.-2.-1",
    "stack_states": "stack",
    "dense": "stack.-1",
    "many": "stack.-1",
    "repeat": "stack.1",
    "attention": "attention",
    "attention_classifier": "attention",
    "both_states": "both_ways.0.1",
    "same_class": "padding.0.1",
    "mask": "padding.1",
    "masking": "padding",
    "both_masked": "both_ways",
    "mask_up": "stack",
    "initial_state": "calls.3",
    "stateful": "calls.2",
    "same_x": "calls.2",
    "reset": "calls.3",
    "epochs": "calls.2",
    "encoder_decoder": "encoder_decoder.1",
    "asking_decoder": "encoder_decoder_weights",
    "vanishing": "influence",
    "early_words": "change.0.1",
    "which_step": "change.0.1",
    "remembers": "influence",
}
"""For a question whose `look_at` names strips of a picture: the picture's key and, after dots,
which of its strips, from 0 or, from the last, -1; all of them if none is named."""

PARTS: Mapping[str, str] = {
    "count": "rnn-unpack",
    "samples": "st-key-series",
    "targets": "st-key-series",
    "forecast": "st-key-trained_forecast",
    "gates": "rnn-drawing",
    "two_states": "rnn-drawing",
    "parameters": "st-key-parameters",
    "order": "st-key-parameters",
    "pytorch": "st-key-torch_compared",
    "self_attention": "st-key-attention_square",
    "fed_back": "st-key-encoder_decoder",
    "which_word": "st-key-decided",
}
"""For a question whose `look_at` names another part of its page: the class of that element."""

MOSTLY_PADDING = {
    "pad.sentences": f"81, 87; 77, 66, 54; {', '.join(map(str, range(1, 31)))}",
    "pad.mask_zero": "false",
    "seed": "2",
}
"""For Padding: two short sentences beside a long one, without a mask."""

FED_BACK = "encoder_decoder?on_its_own=true&length=6&seed=0"
"""A decoder that reads its own predictions, no two of which are the same."""

CAUSES: Mapping[str, Mapping[str, str]] = {
    "flat": {
        "padded": f"padding?{urlencode(MOSTLY_PADDING)}&from=same_class",
        "nothing": "series?kind=noise&rows=200&from=flat",
        "large": "?embedding=false&tab=inside&box=checked",
        "far": "influence?source=random&length=100&from=vanishing",
        "axes": "mistakes?mistake=mse",
    },
    "forecast": {"pattern": "series?kind=sine&rows=200&from=forecast"},
    "inference": {"fed": f"{FED_BACK}&from=fed_back"},
    "relu": {"nan": "mistakes?mistake=relu"},
    "same_x": {
        "stateful": "calls?reads=again&from=same_x",
        "dropout": "calls?reads=again&cause=dropout&from=same_x",
        "anew": "calls?reads=again&cause=anew&from=same_x",
    },
    "which_step": {"word": "model?from=which_word"},
    "same_class": {
        "softmax": "mistakes?mistake=softmax_of_one_class",
        "share": "mistakes?mistake=shuffled_alone",
        "large": "?embedding=false&tab=inside&box=checked",
        "far": "influence?source=random&length=100&from=vanishing",
    },
}
"""For a question that has several answers, each by its name in the texts: the address of the page
that shows it, without its leading slash."""

CODE: Mapping[str, str] = {
    "which_flags": """\
LSTM = keras.layers.LSTM
# (samples, 4)
outputs = LSTM(4)(x)
# (samples, steps, 4)
outputs = LSTM(4, return_sequences=True)(x)
# (samples, 4), (samples, 4), (samples, 4)
outputs, state_h, state_c = LSTM(4, return_state=True)(x)
# (samples, steps, 4), (samples, 4), (samples, 4)
outputs, state_h, state_c = LSTM(4, return_sequences=True, return_state=True)(x)
""",
    "samples": """\
# table: (24, 2), a row for each day; also as a DataFrame
values = np.asarray(table, "float32")
x = np.stack([values[i : i + 4] for i in range(len(values) - 4)])  # windows of 4 days
y = values[4:, 0]  # the first column, the day after each window
print(x.shape, y.shape)  # (20, 4, 2) (20,)
""",
    "forecast": """\
last = x[:, -1, 0]  # of the column that is predicted
model.fit(x, y - last, epochs=10)
forecast = last + model.predict(x)[:, 0]
""",
    "every_c": """\
states = layer.cell.get_initial_state(batch_size=len(x))
c_steps = []
for step in range(x.shape[1]):
    h, states = layer.cell(x[:, step], states)
    c_steps.append(states[1])
c = keras.ops.stack(c_steps, axis=1)  # (samples, steps, units)
""",
    "same_class": """\
# layer: the last LSTM or GRU of the model
outputs = layer.output[0] if layer.return_state else layer.output
h = keras.Model(model.inputs[0], outputs)(x[:2])  # two sentences
last = h[:, -1] if layer.return_sequences else h
difference = keras.ops.max(keras.ops.abs(last[0] - last[1]))
print(difference / keras.ops.max(keras.ops.abs(last)))  # below 0.01: nearly equal
""",
    "mask_lost": """\
# ids: padded at the end; model: gives an answer for a sentence of any length
longer = np.pad(ids, ((0, 0), (0, 5)))  # five padded steps more
print(np.abs(model.predict(longer) - model.predict(ids)).max())  # near 1e-7: no padding counts

# of each layer: whether a mask reaches it, and whether it can use one
for layer in model.layers:
    masks = [getattr(x, "_keras_mask", None) for x in keras.tree.flatten(layer.input)]
    print(layer.name, any(mask is not None for mask in masks), layer.supports_masking)
""",
    "stack_initial": """\
inputs = keras.Input((None, 8))
h1, c1, h2, c2 = (keras.Input((32,)) for _ in range(4))
x, end_h1, end_c1 = keras.layers.LSTM(32, return_sequences=True, return_state=True)(
    inputs, initial_state=[h1, c1]
)
x, end_h2, end_c2 = keras.layers.LSTM(32, return_state=True)(x, initial_state=[h2, c2])
model = keras.Model([inputs, h1, c1, h2, c2], [x, end_h1, end_c1, end_h2, end_c2])
""",
    "initial_state": """\
_, h, c = keras.layers.LSTM(32, return_state=True)(source)
y = keras.layers.LSTM(32)(target, initial_state=[h, c])
""",
    "epochs": """\
reset = keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: layer.reset_state())
model.fit(x, y, epochs=10, batch_size=2, shuffle=False, callbacks=[reset])
""",
    "attention_classifier": """\
outputs, h, c = keras.layers.LSTM(32, return_sequences=True, return_state=True)(x)
context = keras.layers.Attention()([h[:, None], outputs])  # [query, value] gives (samples, 1, 32)
y = keras.layers.Dense(1, activation="sigmoid")(context[:, 0])
""",
    "both_encoder": """\
_, forward_h, forward_c, backward_h, backward_c = keras.layers.Bidirectional(
    keras.layers.LSTM(32, return_state=True)
)(source)
h = keras.layers.Concatenate()([forward_h, backward_h])
c = keras.layers.Concatenate()([forward_c, backward_c])
outputs = keras.layers.LSTM(64, return_sequences=True)(target, initial_state=[h, c])
""",
}
"""For a question that is answered by code: the code, to copy."""


def causes(question: str) -> list[str]:
    """The answers of a question that has several, each a line of HTML with a link."""
    return [
        inline(text(f"questions.{question}.causes.{name}", link=leads(address)))
        for name, address in CAUSES.get(question, {}).items()
    ]
