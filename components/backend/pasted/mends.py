"""A visitor's own line, changed so that Keras takes it. The line is read as a tree, never run."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping

from components.backend.cells import CELLS
from components.backend.pasted.source import name_of, parsed, written

Change = Callable[[ast.stmt, Mapping[str, str]], bool]
"""Changes a line; returns whether it could."""


def mended(name: str, line: str, values: Mapping[str, str]) -> str:
    """The visitor's line, changed so that it does not raise the error of that name any more; "" if
    the line alone does not show how.

    Args:
        values: what the error's message says, and what follows from that.
    """
    tree = parsed(line.strip())
    change = _CHANGES.get(name)
    if not tree or not change or len(tree.body) != 1 or not change(tree.body[0], values):
        return ""
    return written(tree)


def named_in(line: str) -> dict[str, str]:
    """Names in the line: `owner`, whose method is called, and `name`, the first argument or what is
    reshaped; "model" and "x" where the line has none."""
    tree = parsed(line.strip())
    found = {"owner": "model", "name": "x"}
    calls = _calls(tree) if tree else []
    for call in calls:
        if isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name):
            found["owner"] = call.func.value.id
        if call.args and isinstance(call.args[0], ast.Name):
            found["name"] = call.args[0].id
    for call in calls:
        if name_of(call.func) == "reshape" and isinstance(call.func, ast.Attribute):
            of = call.func.value
            numpys = isinstance(of, ast.Name) and of.id in ("np", "numpy")
            found["name"] = found["name"] if numpys else written(of) or "x"
    return found


def _calls(tree: ast.AST) -> list[ast.Call]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call)]


def _layer_call(tree: ast.AST) -> ast.Call | None:
    """The call that makes a recurrent layer."""
    return next((call for call in _calls(tree) if name_of(call.func) in CELLS), None)


def _keyword(tree: ast.AST, name: str) -> tuple[ast.Call, ast.keyword] | None:
    for call in _calls(tree):
        for each in call.keywords:
            if each.arg == name:
                return call, each
    return None


def _rename(tree: ast.stmt, values: Mapping[str, str]) -> bool:
    found = _keyword(tree, values["keyword"])
    if found:
        found[1].arg = values["right"]
    return bool(found)


def _drop(tree: ast.stmt, values: Mapping[str, str]) -> bool:
    found = _keyword(tree, values["keyword"])
    if found:
        found[0].keywords.remove(found[1])
    return bool(found)


def _other_value(tree: ast.stmt, values: Mapping[str, str]) -> bool:
    found = _keyword(tree, values["keyword"])
    if found:
        found[1].value = ast.Constant(values["right"])
    return bool(found)


def _unpack_all(tree: ast.stmt, values: Mapping[str, str]) -> bool:
    """As many names as the layer returns tensors. It gets return_state=True if the line makes it
    without; of a layer that was made elsewhere the error says how many there are, or not."""
    names, layer = _targets(tree), _layer_call(tree)
    if names is None or len(names.elts) < 2:
        return False
    if layer is None:
        if "got" in values:
            del names.elts[int(values["got"]) :]
        else:
            names.elts[1:] = [ast.Starred(ast.Name("states", ast.Store()), ast.Store())]
        return True
    if not _keyword(layer, "return_state"):
        layer.keywords.append(ast.keyword("return_state", ast.Constant(True)))
    both_ways = any(name_of(call.func) == "Bidirectional" for call in _calls(tree))
    needed = _NAMES[name_of(layer.func) == "LSTM", both_ways]
    if len(names.elts) >= len(needed):
        del names.elts[len(needed) :]
    else:
        names.elts[1:] = [ast.Name(name, ast.Store()) for name in needed[1:]]
    return True


def _return_state(tree: ast.stmt, values: Mapping[str, str]) -> bool:
    return _layer_call(tree) is not None and _unpack_all(tree, values)


# What a layer with return_state=True returns, by whether it is an LSTM and whether it is wrapped in
# Bidirectional.
_NAMES: Mapping[tuple[bool, bool], tuple[str, ...]] = {
    (True, False): ("outputs", "h", "c"),
    (False, False): ("outputs", "h"),
    (True, True): ("outputs", "forward_h", "forward_c", "backward_h", "backward_c"),
    (False, True): ("outputs", "forward_h", "backward_h"),
}


def _targets(tree: ast.stmt) -> ast.Tuple | ast.List | None:
    """The names to the left of "="."""
    if isinstance(tree, ast.Assign) and isinstance(tree.targets[0], ast.Tuple | ast.List):
        return tree.targets[0]
    return None


def _first_alone(tree: ast.stmt, values: Mapping[str, str]) -> bool:
    """`dense(h)` becomes `dense(h[0])`; a layer in a Sequential model, `return_state` left out."""
    if _in_sequential(tree):
        return _drop(tree, {"keyword": "return_state"})
    call = _reader(tree, values["layer"])
    if call is None:
        return False
    call.args[0] = ast.Subscript(call.args[0], ast.Constant(0), ast.Load())
    return True


def _halves_joined(tree: ast.stmt, values: Mapping[str, str]) -> bool:
    """`dense(h)` becomes `dense(keras.ops.concatenate(h[:2], axis=-1))`; of a layer in a Sequential
    model `merge_mode` is left out."""
    if _in_sequential(tree):
        return _drop(tree, {"keyword": "merge_mode"})
    call = _reader(tree, values["layer"])
    if call is None:
        return False
    halves = f"keras.ops.concatenate(({ast.unparse(call.args[0])})[:2], axis=-1)"
    call.args[0] = ast.parse(halves, mode="eval").body
    return True


def _in_sequential(tree: ast.stmt) -> bool:
    return any(name_of(call.func) == "Sequential" for call in _calls(tree))


def _reader(tree: ast.stmt, layer: str) -> ast.Call | None:
    """The call of the layer with that name, such as "lstm_1", which reads one value. A layer that
    is not made in the line is found only if nothing else is called there."""
    kind = re.sub(r"_\d+$", "", layer).replace("_", "")
    calls = _calls(tree)
    for call in calls:
        if len(call.args) != 1 or isinstance(call.args[0], ast.List | ast.Tuple):
            continue
        made = isinstance(call.func, ast.Call) and name_of(call.func.func).lower() == kind
        if made or (isinstance(call.func, ast.Name) and len(calls) == 1):
            return call
    return None


def _states_alone(tree: ast.stmt, _: Mapping[str, str]) -> bool:
    """`initial_state=encoder(x)` becomes `initial_state=encoder(x)[1:]`."""
    found = _keyword(tree, "initial_state")
    if found:
        given = found[1].value
        found[1].value = ast.Subscript(given, ast.Slice(ast.Constant(1)), ast.Load())
    return bool(found)


def _states_apart(tree: ast.stmt, _: Mapping[str, str]) -> bool:
    """`layer([x, h, c])` becomes `layer(x, initial_state=[h, c])`."""
    for call in _calls(tree):
        if len(call.args) == 1 and isinstance(call.args[0], ast.List) and call.args[0].elts[1:]:
            first, *states = call.args[0].elts
            call.args = [first]
            call.keywords.append(ast.keyword("initial_state", ast.List(states, ast.Load())))
            return True
    return False


def _with_batch(tree: ast.stmt, _: Mapping[str, str]) -> bool:
    """`model.predict(x)` becomes `model.predict(x[None])`."""
    calls = _calls(tree)
    if not calls or not calls[0].args:
        return False
    call = calls[0]
    call.args[0] = ast.Subscript(call.args[0], ast.Constant(None), ast.Load())
    return True


def _more_rows(tree: ast.stmt, values: Mapping[str, str]) -> bool:
    call = next((c for c in _calls(tree) if name_of(c.func) == "Embedding"), None)
    if call is None or not call.args:
        return False
    call.args[0] = ast.Constant(int(values["rows"]))
    return True


_CHANGES: Mapping[str, Change] = {
    "no_batch": _with_batch,
    "id_too_large": _more_rows,
    "keyword_return_sequence": _rename,
    "keyword_inner_activation": _rename,
    "keyword_batch_first": _drop,
    "keyword_time_major": _drop,
    "keyword_steps_first": _drop,
    "keyword": _drop,
    "input_length": _drop,
    "merge_mode": _other_value,
    "use_cudnn": _other_value,
    "too_many_names": _unpack_all,
    "too_few_names": _unpack_all,
    "no_return_state": _return_state,
    "states_in_a_list": _states_apart,
    "everything": _first_alone,
    "halves": _halves_joined,
    "outputs_as_state": _states_alone,
}
