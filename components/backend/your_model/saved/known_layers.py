"""What a model may be made of. Keras gets nothing else to load: whatever stands in a file under
another name is not run."""

from __future__ import annotations

import re

CELLS = frozenset({"GRUCell", "LSTMCell", "SimpleRNNCell", "StackedRNNCells"})
"""What an RNN runs at each step."""

ACTIVATION_LAYERS = frozenset({"ELU", "LeakyReLU", "PReLU", "ReLU", "Softmax"})
"""Layers that may also stand as another layer's activation."""

LOOKUPS = frozenset({"IntegerLookup", "StringLookup", "TextVectorization"})
"""Layers with a vocabulary."""

WRAPPERS = frozenset({"Bidirectional", "SpectralNormalization", "TimeDistributed"})
"""Layers that call another layer or a model."""

INPUT = "InputLayer"

LAYERS = (
    ACTIVATION_LAYERS
    | LOOKUPS
    | WRAPPERS
    | {
        *("Dense", "EinsumDense", "Embedding", "ReversibleEmbedding", "Identity", "Masking"),
        *("GRU", "LSTM", "RNN", "SimpleRNN"),
        *("Activation", "ActivityRegularization"),
        *("AlphaDropout", "Dropout", "GaussianDropout", "GaussianNoise"),
        *("SpatialDropout1D", "SpatialDropout2D"),
        *("BatchNormalization", "GroupNormalization", "LayerNormalization", "Normalization"),
        *("RMSNormalization", "UnitNormalization"),
        *("Conv1D", "Conv1DTranspose", "Conv2D", "Conv2DTranspose"),
        *("DepthwiseConv1D", "DepthwiseConv2D", "SeparableConv1D", "SeparableConv2D"),
        *("AveragePooling1D", "AveragePooling2D", "MaxPooling1D", "MaxPooling2D"),
        *("AdaptiveAveragePooling1D", "AdaptiveAveragePooling2D"),
        *("AdaptiveMaxPooling1D", "AdaptiveMaxPooling2D"),
        *("GlobalAveragePooling1D", "GlobalAveragePooling2D"),
        *("GlobalMaxPooling1D", "GlobalMaxPooling2D"),
        *("Flatten", "Permute", "RepeatVector", "Reshape"),
        *("Cropping1D", "Cropping2D", "UpSampling1D", "UpSampling2D"),
        *("ZeroPadding1D", "ZeroPadding2D"),
        *("Add", "Average", "Concatenate", "Dot", "Maximum", "Minimum", "Multiply", "Subtract"),
        *("AdditiveAttention", "Attention", "GroupedQueryAttention", "MultiHeadAttention"),
        *("CategoryEncoding", "Discretization", "HashedCrossing", "Hashing", "Rescaling"),
    }
)
"""Layers of keras.layers that compute at inference from what they read and from their weights."""

EXPORTED = {"GroupedQueryAttention": "GroupQueryAttention"}
"""The name in keras.layers of a class that has another one itself. Files may have either."""

FUNCTIONAL = frozenset({"Functional", "Model"})  # Keras before 2.4 called it a Model
SEQUENTIAL = "Sequential"
MODELS = FUNCTIONAL | {SEQUENTIAL}

OPERATIONS: dict[str, str] = {
    **dict.fromkeys(
        (
            *("Absolute", "Add", "Divide", "FloorDivide", "Matmul", "Mod", "Multiply", "Negative"),
            *("Power", "Subtract", "TrueDivide", "Reciprocal", "Sign", "Square", "Sqrt"),
            *("Exp", "Expm1", "Log", "Log1p", "Cos", "Sin", "Tan", "Tanh", "Arctan"),
            *("Ceil", "Clip", "Floor", "Round", "Maximum", "Minimum", "NanToNum"),
            *("Equal", "Greater", "GreaterEqual", "Less", "LessEqual", "NotEqual"),
            *("Isfinite", "Isnan", "LogicalAnd", "LogicalNot", "LogicalOr", "LogicalXor", "Where"),
            *("All", "Any", "Amax", "Amin", "Argmax", "Argmin", "Argsort", "Sort"),
            *("Average", "CountNonzero", "Cumprod", "Cumsum", "Max", "Mean", "Median", "Min"),
            *("Prod", "Std", "Sum", "Var"),
            *("BroadcastTo", "Concatenate", "Diff", "Dot", "Einsum", "ExpandDims", "Flip"),
            *("FullLike", "GetItem", "Hstack", "Inner", "Moveaxis", "OnesLike", "Outer", "Pad"),
            *("Ravel", "Repeat", "Reshape", "Roll", "Split", "Squeeze", "Stack", "Swapaxes"),
            *("Take", "TakeAlongAxis", "Tensordot", "Tile", "Transpose", "Tril", "Triu"),
            *("Vstack", "ZerosLike"),
        ),
        "keras.src.ops.numpy",
    ),
    **dict.fromkeys(
        (
            *("Celu", "Elu", "Gelu", "Glu", "HardSigmoid", "HardSilu", "LeakyRelu", "LogSigmoid"),
            *("LogSoftmax", "Normalize", "OneHot", "Relu", "Relu6", "Selu", "Sigmoid", "Silu"),
            *("Softmax", "Softplus", "Softsign"),
        ),
        "keras.src.ops.nn",
    ),
    **dict.fromkeys(("Cast", "Slice", "StopGradient", "Unstack"), "keras.src.ops.core"),
    **dict.fromkeys(("Erf", "Logsumexp", "Rsqrt", "TopK"), "keras.src.ops.math"),
    "Norm": "keras.src.ops.linalg",
}
"""Operations of functional models, as `x[:, -1]` and `a + b`: their modules, by class. None takes
a function."""

ACTIVATIONS = frozenset(
    {
        *("celu", "elu", "exponential", "gelu", "glu", "hard_shrink", "hard_sigmoid", "hard_silu"),
        *("hard_swish", "hard_tanh", "leaky_relu", "linear", "log_sigmoid", "log_softmax", "mish"),
        *("relu", "relu6", "selu", "sigmoid", "silu", "soft_shrink", "softmax", "softplus"),
        *("softsign", "sparse_plus", "sparse_sigmoid", "sparsemax", "squareplus", "swish", "tanh"),
        *("tanh_shrink", "threshold"),
    }
)
"""Functions of keras.activations."""

POLICIES = frozenset(
    {"float16", "bfloat16", "float32", "float64", "mixed_float16", "mixed_bfloat16"}
)
"""Names of dtype policies."""

DTYPES = frozenset(
    {
        *("bfloat16", "bool", "float16", "float32", "float64", "int16", "int32", "int64", "int8"),
        *("string", "uint16", "uint32", "uint64", "uint8"),
    }
)

STANDARDIZE = frozenset({"lower", "lower_and_strip_punctuation", "strip_punctuation"})
SPLIT = frozenset({"character", "whitespace"})
"""What a TextVectorization does before it looks words up; others are functions."""

_OWN_MODULE = re.compile(
    r"(tensorflow\.python\.|tf_)?keras(\.src)?(\.(engine|layers|models|ops)(\.[a-z0-9_]+)*)?"
)
_OF_OPERATIONS = re.compile(r"keras(\.src)?\.ops(\.[a-z0-9_]+)*")


def is_own_module(module: str) -> bool:
    """Whether Keras has its layers, models and operations in that module, today or in Keras 2."""
    return _OWN_MODULE.fullmatch(module) is not None


def has_operations(module: str) -> bool:
    """Whether that is a module of Keras's operations."""
    return _OF_OPERATIONS.fullmatch(module) is not None
