"""The equations of attention as text: plain formulas, and templates with the numbers of one step.

`cells/equation.py` says what a template is. Where one query asks, the step that is looked at is one
that is asked: its score, its weight. Where several ask, it is the step that asks, and the score and
the weight are those of the step that it weighs most.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from components.backend.cells.equation import Equation
from components.backend.running.attending import AttentionRun
from components.texts import numeral

MOST_TERMS = 12
"""The most terms of a sum that are written; three dots stand for the others."""

_MOST_FACTORS = 5  # terms of a sum in which both factors are written

_LARGE = 20.0  # from this score on the largest one is subtracted first, as softmax does

Array = np.ndarray


def equations(run: AttentionRun) -> list[Equation]:
    """The score, the weight and the context, in this order."""
    columns, steps = run.attended.keys.shape[-1], run.attended.values.shape[2]
    m = " - m" if _shift(run) else ""
    # An LSTM's c is another thing. A head's sum is not the context: a last kernel makes it of all.
    name, weighed = ("head", "v_i") if run.attention.score == "multi_head" else ("context", "h_i")
    return [
        _score(run, columns),
        Equation("a_i", f"exp(e_i{m}) / Σ exp(e{m})", "{exp} / {total}", "{weight}"),
        Equation(
            name,
            f"Σ a_i · {weighed}",
            _sum((f"a[{step}]", f"value[{step}]") for step in range(steps)),
            "{context}",
        ),
    ]


def _score(run: AttentionRun, columns: int) -> Equation:
    products = _sum((f"q[{column}]", f"h[{column}]") for column in range(columns))
    if run.attention.score == "additive":
        terms = _sum((f"scale[{column}]", f"both[{column}]") for column in range(columns))
        return Equation("e_i", "Σ s · tanh(q + h_i)", terms, "{score}")
    if run.attention.score == "scaled":
        return Equation("e_i", "s · (q · h_i)", f"{{scale}} · ({products})", "{score}")
    if run.attention.score == "multi_head":
        root = numeral(float(np.sqrt(columns)), ".4g")
        return Equation("e_i", "q · k_i / √d", f"({products}) / {root}", "{score}")
    return Equation("e_i", "q · h_i", products, "{score}")


def _sum(products: Iterable[tuple[str, str]]) -> str:
    """A sum of products as a template: both factors of each, or only the products where there are
    many."""
    pairs = list(products)
    more = " + …" if len(pairs) > MOST_TERMS else ""
    if len(pairs) <= _MOST_FACTORS:
        return " + ".join(f"{{({one}}} · {{({other}}}" for one, other in pairs)
    first, *others = (f"{one}*{other}" for one, other in pairs[:MOST_TERMS])
    return " ".join([f"{{{first}}}", *(f"{{+{each}}}" for each in others)]) + more


def _shift(run: AttentionRun) -> bool:
    return float(np.abs(run.attended.scores).max()) > _LARGE


def arrays(
    run: AttentionRun, weights: Any, *, sentence: int = 0, head: int = 0
) -> dict[str, tuple[str, Array]]:
    """All that the templates name: what each axis counts ("s" steps, "u" units, "k" the slot's
    index), and the values."""
    query, keys, values, scores, found, mixed, _ = (each[sentence] for each in run.attended)
    query, keys, values, scores, mixed = (a[head] for a in (query, keys, values, scores, mixed))
    found = run.weights[sentence, head]
    allowed = run.allowed[sentence]
    shift = np.where(allowed, scores, -np.inf).max(axis=-1, keepdims=True) if _shift(run) else 0.0
    grown = np.where(found > 0, np.exp(scores.astype("float64") - shift), 0)
    single = len(query) == 1
    # Of each step of the axis "s": which query asks, and at which h it looks.
    step = np.arange(len(keys)) if single else found.argmax(axis=-1)
    asking = np.zeros_like(step) if single else np.arange(len(query))
    axes = ("k", "u") if single else ("sk", "su")
    named = {
        "q": (axes[0], query[0] if single else query),
        "h": ("sk", keys[step]),
        "score": ("s", scores[asking, step]),
        "exp": ("s", grown[asking, step]),
        "total": ("s", grown.sum(axis=-1)[asking]),
        "weight": ("s", found[asking, step]),
        "asked": ("s", step + 1),
        "a": (axes[0], found[0] if single else found),
        "value": ("ku", values),
        "context": (axes[1], mixed[0] if single else mixed),
    }
    if run.attention.score == "additive":
        named["both"] = "sk", np.tanh(query[asking] + keys[step])
        named["scale"] = "k", weights["attention/scale"]
    elif run.attention.score == "scaled":
        named["scale"] = "s", np.repeat(weights["attention/scale"], len(step))
    return named
