"""Lines of Python, read as a syntax tree. Nothing of them is ever run or evaluated."""

from __future__ import annotations

import ast
import re
import textwrap
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

LONGEST = 10_000
"""The most characters of code that are read."""

DEEPEST = 40
"""How deep brackets, and what is read of a tree, may be nested."""

# The file that Python names when it warns of what is read, such as of an invalid escape sequence.
# The warnings would fill the server's log. They are ignored for good: `warnings.catch_warnings`
# would change the filters of all threads.
_FILE = "<pasted>"
warnings.filterwarnings("ignore", module=re.escape(_FILE))

# What stands before a line where it is copied from a console or a notebook.
_PROMPT = re.compile(r"^(?:>>> ?|\.\.\. ?|In \[\d+\]: ?|\s{0,3}\.\.\.: ?)", re.MULTILINE)

UNKNOWN = object()
"""The value of an argument that is no literal, and no name that is set to one."""

# The parameters of known layers that people give by position, in Keras's order.
_POSITIONS: Mapping[str, tuple[str, ...]] = {
    "Input": ("shape", "batch_size"),
    "Embedding": ("input_dim", "output_dim", "embeddings_initializer"),
    "Bidirectional": ("layer", "merge_mode"),
    "TimeDistributed": ("layer",),
    "RepeatVector": ("n",),
    "Dense": ("units", "activation"),
    "Dropout": ("rate",),
    "Masking": ("mask_value",),
    "LSTM": ("units", "activation", "recurrent_activation"),
    "GRU": ("units", "activation", "recurrent_activation"),
    "SimpleRNN": ("units", "activation"),
}

# Layers that are known by name alone.
_OTHERS = frozenset(
    (
        "Flatten",
        "Activation",
        "BatchNormalization",
        "LayerNormalization",
        "Conv1D",
        "MaxPooling1D",
        "Attention",
        "AdditiveAttention",
        "MultiHeadAttention",
        "GlobalMaxPooling1D",
        "GlobalAveragePooling1D",
        "Concatenate",
        "SpatialDropout1D",
        "GaussianNoise",
        "Reshape",
        "Permute",
        "Lambda",
        "Add",
        "Softmax",
        "ConvLSTM2D",
        "RNN",
        "LSTMCell",
        "GRUCell",
        "SimpleRNNCell",
        "TextVectorization",
        "Normalization",
        "Rescaling",
    )
)


@dataclass(frozen=True)
class Call:
    """A layer that the code makes."""

    name: str
    """Its class, such as "LSTM"."""
    written: str
    """Its code."""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    """By parameter: a literal's value, a `Call`, or UNKNOWN."""


@dataclass(frozen=True)
class Source:
    """What is read of some code."""

    layers: tuple[Call, ...]
    """In the order in which they are called."""
    passes_states: bool
    """Whether something is called with initial_state."""


def parsed(text: str) -> ast.Module | None:
    """The tree of some code; None if it is too long or too deep, or if Python could not read it."""
    if len(text) > LONGEST or _is_deep(text):
        return None
    try:
        return ast.parse(text, _FILE)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def tree_of(text: str) -> ast.Module | None:
    """The tree of code as people paste it: indented, with a notebook's prompts, or cut off at its
    end. Lines that Python cannot read are left out. None if it is too long or nothing is left."""
    code = textwrap.dedent(_PROMPT.sub("", text.expandtabs())).strip()
    whole = parsed(code)
    if whole is not None or len(code) > LONGEST:
        return whole
    closed = parsed(code.rstrip(" ,\n") + _closing(code))
    if closed is not None:
        return closed
    lines = (parsed(line.strip().rstrip(",")) for line in code.splitlines())
    body = [statement for line in lines if line for statement in line.body]
    return ast.Module(body, []) if body else None


def read_source(tree: ast.Module) -> Source:
    """The layers that a tree makes."""
    reader = _Reader(_constants(tree))
    for statement in tree.body:
        reader.visit(statement)
    return Source(tuple(reader.layers), reader.passes_states)


def _is_deep(text: str) -> bool:
    """Whether brackets or operators are nested more than DEEPEST deep: on such code Python's own
    parser may crash, and the server with it."""
    depth = 0
    for sign in text:
        depth += (sign in "([{") - (sign in ")]}")
        if depth > DEEPEST:
            return True
    run = re.search(rf"(?:[-+~]\s*|\bnot\s+|\bawait\s+|\blambda\b[^:]*:\s*){{{DEEPEST},}}", text)
    return run is not None


def _closing(text: str) -> str:
    """The closing brackets that a text lacks at its end, if none of its brackets are in strings."""
    pairs, stack = {"(": ")", "[": "]", "{": "}"}, []
    for sign in text:
        if sign in pairs:
            stack.append(pairs[sign])
        elif stack and sign == stack[-1]:
            stack.pop()
    return "".join(reversed(stack))


def _constants(tree: ast.Module) -> dict[str, Any]:
    """The names that are set to a literal, such as `units = 64`."""
    found = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            target = node.targets[0]
            value = _literal(node.value, {})
            if isinstance(target, ast.Name) and value is not UNKNOWN:
                found[target.id] = value
    return found


def _literal(node: ast.AST, names: Mapping[str, Any]) -> Any:
    """A literal's value, of a number, a text or a tuple of them; else UNKNOWN."""
    if isinstance(node, ast.Constant) and isinstance(node.value, bool | int | float | str | None):
        return node.value
    if isinstance(node, ast.Name):
        return names.get(node.id, UNKNOWN)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        value = _literal(node.operand, {})
        return -value if isinstance(value, int | float) and value is not UNKNOWN else UNKNOWN
    if isinstance(node, ast.Tuple | ast.List) and len(node.elts) < DEEPEST:
        plain = [e for e in node.elts if not isinstance(e, ast.Tuple | ast.List)]
        return tuple(_literal(each, names) for each in plain)
    return UNKNOWN


def written(node: ast.AST) -> str:
    """A tree as code; nothing if it is too deep for that."""
    try:
        return ast.unparse(node)
    except (RecursionError, ValueError):
        return ""


def name_of(function: ast.AST) -> str:
    """The last name of what is called: "LSTM" of `keras.layers.LSTM`."""
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


class _Reader:
    """Goes through a tree in the order in which Python would call the layers, and notes them."""

    def __init__(self, names: Mapping[str, Any]) -> None:
        self.layers: list[Call] = []
        self.passes_states = False
        self._names = names

    def visit(self, node: ast.AST, depth: int = 0) -> None:
        if depth > DEEPEST:
            return
        if not isinstance(node, ast.Call):
            for child in ast.iter_child_nodes(node):
                self.visit(child, depth + 1)
            return
        self.passes_states |= any(each.arg == "initial_state" for each in node.keywords)
        layer = self._layer(node)
        if layer:
            self.layers.append(layer)
            return
        # What a layer reads is called before it: LSTM(4)(LSTM(8)(x)).
        for each in (*node.args, *(k.value for k in node.keywords), node.func):
            self.visit(each, depth + 1)

    def _layer(self, node: ast.Call, depth: int = 0) -> Call | None:
        name = name_of(node.func)
        if depth > 2 or not (name in _POSITIONS or name in _OTHERS):
            return None
        places = _POSITIONS.get(name, ())
        given: Iterator[tuple[str, ast.AST]] = iter(zip(places, node.args, strict=False))
        named = [(each.arg, each.value) for each in node.keywords if each.arg]
        arguments = {key: self._value(value, depth) for key, value in (*given, *named)}
        return Call(name, written(node), arguments)

    def _value(self, node: ast.AST, depth: int) -> Any:
        layer = self._layer(node, depth + 1) if isinstance(node, ast.Call) else None
        return layer or _literal(node, self._names)
