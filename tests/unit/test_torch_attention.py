"""Attention in PyTorch: the script that stands in for a layer and attention over its outputs.

torch_attention.json has what torch 2.13.0 returned when it ran `attention_script` with the weights
that are drawn here, so no test needs PyTorch.
"""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest

from components.backend import Settings
from components.backend.running.model import Model, weight_layout
from components.backend.scripts.code import MOST_WRITTEN, notebook
from components.backend.scripts.torch_code import attention_file, attention_script
from components.backend.torch_weights import attention_lacks, torch_of_attention
from components.backend.whatif import attention
from tests.unit.test_torch import weights_in

CASES = json.loads(Path(__file__).with_name("torch_attention.json").read_text("utf-8"))["cases"]
TWO = ((4, 21, 64), (13, 77, 66))


def asked(case: dict[str, Any]) -> attention.Question:
    read = {name: {n: [v] for n, v in case[name].items()} for name in ("settings", "choice")}
    settings, problems = Settings.from_query(read["settings"])
    choice, more = attention.Choice.from_query(read["choice"])
    assert not problems
    assert not more
    return attention.Question(settings=settings, **dict(choice))


def drawn(model: Model) -> dict[str, np.ndarray]:
    """Weights of which none is 0, as biases are at first."""
    draw = np.random.default_rng(51)
    return {w.name: np.float32(draw.uniform(-1, 1, w.shape)) for w in weight_layout(model)}


@pytest.mark.parametrize("number", range(len(CASES)))
def test_keras_returns_what_pytorch_returned(number: int) -> None:
    question = asked(CASES[number])
    attended = attention.answer(question, drawn(question.model)).attended
    for name in ("context", "weights"):
        wanted = np.float32(CASES[number][name])
        found = attended.tensor(name)
        if name == "weights" and found.ndim < wanted.ndim:
            found = found[:, np.newaxis]
        assert found.shape == wanted.shape
        np.testing.assert_allclose(found, wanted, rtol=0, atol=2e-6)


def test_the_cases_are_of_all_kinds() -> None:
    questions = [asked(case) for case in CASES]
    for name, values in {
        "asks": {"last", "own", "each"},
        "score": {*attention.SCORES},
        "causal": {True, False},
        "masked": {True, False},
    }.items():
        assert {getattr(question, name) for question in questions} == values
    assert {question.settings.cell for question in questions} == {"LSTM", "GRU", "SimpleRNN"}
    assert any(question.settings.go_backwards for question in questions)


@pytest.mark.parametrize("number", range(len(CASES)))
def test_the_script_has_the_weights_and_prints_what_keras_returns(number: int) -> None:
    model = asked(CASES[number]).model
    weights = drawn(model)
    code = attention_script(model, weights)
    found, wanted = weights_in(code), torch_of_attention(weights, model)
    assert list(found) == list(wanted)
    for name, array in wanted.items():
        assert found[name].dtype == np.float32
        np.testing.assert_array_equal(found[name], array)
    printed = re.search(r"^for name, tensor in \[(.*)\]:$", code, re.MULTILINE)[1]
    assert re.findall(r'"(\w+)"', printed) == ["outputs", "context", "weights"]
    imported = (n for n in ast.walk(ast.parse(code)) if isinstance(n, ast.Import | ast.ImportFrom))
    assert {ast.unparse(node) for node in imported} == {"import numpy as np", "import torch"}
    assert all(len(line) <= 100 for line in code.splitlines())
    nbformat.validate(nbformat.reads(notebook(code), as_version=4))


@pytest.mark.parametrize(
    ("settings", "choice", "lacking"),
    [
        ({"units": 3}, {"score": "one_head"}, ()),
        ({"units": 3}, {"score": "two_heads"}, ("heads",)),
        ({"units": 1}, {"score": "two_heads"}, ("heads",)),
        ({"activation": "relu"}, {}, ("activation",)),
        ({}, {"padded": 2}, ()),
        ({"go_backwards": True}, {"padded": 2}, ("mask",)),
        ({"go_backwards": True}, {"padded": 2, "mask_zero": False}, ()),
        ({"tokens": ((4, 0, 64),)}, {}, ()),
        ({"tokens": ((4, 0, 64),)}, {"padded": 1}, ("mask",)),
        ({"tokens": ((0, 4, 64),)}, {"padded": 1}, ("mask",)),
        ({"tokens": ((4, 64, 0),)}, {"padded": 1}, ()),
    ],
)
def test_what_pytorch_lacks(
    settings: dict[str, Any], choice: dict[str, Any], lacking: tuple[str, ...]
) -> None:
    question = attention.Question(settings=Settings(**{"tokens": TWO} | settings), **choice)
    assert attention_lacks(question.model) == lacking


def test_too_many_weights_are_loaded_from_a_file() -> None:
    settings = Settings(tokens=TWO, units=64, vocabulary_size=1000, embedding_dim=16)
    model = attention.Question(settings=settings, score="two_heads").model
    weights = drawn(model)
    assert sum(array.size for array in weights.values()) > MOST_WRITTEN
    file = attention_file(model, weights)
    assert f'weights = dict(np.load("{file}"))' in attention_script(model, weights)
