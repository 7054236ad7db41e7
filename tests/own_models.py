"""Models, layers and cells of one's own, as people write them for Keras. It imports Keras, so that
tests import it once the backend has."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow
from keras import layers


class Own(keras.Model):
    """A subclassed model, which calls one layer twice."""

    def __init__(self) -> None:
        super().__init__()
        self.read = layers.Embedding(20, 5, mask_zero=True)
        self.rnn = layers.GRU(5, return_sequences=True, name="own_gru")
        self.ending = layers.Dense(2)

    def call(self, ids: Any) -> Any:
        return self.ending(self.rnn(self.rnn(self.read(ids)))[:, -1])


class Block(layers.Layer):
    """A layer of one's own, which has a recurrent one."""

    def __init__(self) -> None:
        super().__init__(name="block")
        self.rnn = layers.SimpleRNN(3, name="in_block")

    def call(self, x: Any, *, scale: float = 2.0) -> Any:
        return scale * self.rnn(x)


class FeedsBack(keras.Model):
    """Reads its own outputs again, step by step, as a graph."""

    def __init__(self) -> None:
        super().__init__()
        self.cell = layers.LSTMCell(3)
        self.warm_up = layers.RNN(self.cell, return_state=True, name="warm_up")
        self.ending = layers.Dense(4, name="ending")

    @tensorflow.function
    def call(self, x: Any) -> Any:
        h, *states = self.warm_up(x)
        for _ in range(2):
            h, states = self.cell(self.ending(h), states)
        return self.ending(h)


class BuildsLateInside(keras.Model):
    """The same of a layer in its layer."""

    def __init__(self) -> None:
        super().__init__()
        self.block = Block()
        self.built = self.block.built = True

    def call(self, x: Any) -> Any:
        return self.block(x)


class OwnLSTM(layers.LSTM):
    """A class of one's own."""


class _OwnArguments:
    """Other names for what Keras calls sequences."""

    def build(self, input_shape: Any) -> None:
        super().build(input_shape)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return super().compute_output_shape(input_shape)

    def call(self, inputs: Any, mask: Any = None, training: bool = False) -> Any:
        return super().call(inputs, mask=mask, training=training)


class OwnArguments(_OwnArguments, layers.LSTM):
    """In one direction."""


class OwnBoth(_OwnArguments, layers.Bidirectional):
    """In both."""


class CallsOneOfTwo(keras.Model):
    """One of its layers is never called at inference; another one is made at each call."""

    def __init__(self) -> None:
        super().__init__()
        self.rnn, self.trained = layers.LSTM(2, name="rnn"), layers.LSTM(2, name="trained")

    def call(self, x: Any, training: bool = False) -> Any:
        h = self.rnn(x)
        return layers.add([h, self.trained(x)]) if training else layers.add([h, h])


class DropsAttention(keras.Model):
    """Its attention drops weights at inference, too."""

    def __init__(self) -> None:
        super().__init__()
        self.attention = layers.Attention(dropout=0.5)

    def call(self, x: Any) -> Any:
        return self.attention([x, x], training=True)


@keras.saving.register_keras_serializable()
class OwnCell(layers.SimpleRNNCell):
    """A cell of one's own."""


class BuildsLate(keras.Model):
    """Says that it is built while its layer is not."""

    def __init__(self) -> None:
        super().__init__()
        self.rnn = layers.LSTM(2)
        self.built = True

    def call(self, x: Any) -> Any:
        return self.rnn(x)
