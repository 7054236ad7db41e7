"""What has to hold of the toy cells; run by test_toys in a copy of the house that has them."""

from __future__ import annotations

import re
from itertools import product
from typing import Any

import numpy as np
import pytest

from components.backend import Run, Settings, run
from components.backend.cells import ACTIVATIONS, RECURRENT_ACTIVATIONS
from components.backend.learning import learn
from components.backend.learning.mechanisms import TrainedCell, ablations
from components.backend.learning.seeds import learned_of_ten
from components.backend.question.layout import weight_layout
from components.backend.question.weights import Origin, Weights
from components.backend.running import answers
from components.backend.running.facts import checks, facts, sums
from components.backend.running.worksheet import worksheet
from components.backend.scripts.script import cell_states, script
from components.backend.weight_files.edits import Edits, edits_text, read_edits
from components.backend.whatif import carry, edit, influence
from components.panels.parts.equations import arrays, equations
from components.texts import text
from tests.app.conftest import OpenApp
from tests.app.reading import (
    all_markdown,
    charts,
    figure,
    html,
    move,
    open_box,
    press,
    shows,
    sound,
    told,
    widget,
    widgets,
    worked_out,
)
from tests.notation import fill

CELLS = ("MGU", "Peephole")
MGU, PEEPHOLE = (Settings(cell=cell, units=3) for cell in CELLS)
KINDS = [
    kind
    for cell in (MGU, PEEPHOLE)
    for kind in (
        cell,
        cell.but(use_bias=False, go_backwards=True, recurrent_activation="hard_sigmoid_keras2"),
        cell.but(recurrent_activation="hard_sigmoid", embedding=False, return_sequences=False),
        cell.but(tokens=(tuple(range(60)),) * 2),
    )
] + [PEEPHOLE.but(activation="relu")]


def of_all(settings: Settings) -> Run:
    """A run with no weight left at 0."""
    draw = np.random.default_rng(1)
    layouts = weight_layout(settings)
    return run(settings, {layout.name: draw.uniform(-0.5, 0.5, layout.shape) for layout in layouts})


def sigma(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def mgu(x: np.ndarray, w: Any) -> np.ndarray:
    """h of every step of one sentence, as Zhou et al. have it."""
    h, found = np.zeros(3), []
    for read in x @ w["kernel"] + w["bias"]:
        f = sigma((read + h @ w["recurrent_kernel"])[:3])
        g = np.tanh((read + (f * h) @ w["recurrent_kernel"])[3:])
        h = (1 - f) * h + f * g
        found.append(h)
    return np.array(found)


def peephole(x: np.ndarray, w: Any) -> np.ndarray:
    """h of every step of one sentence, as Gers and Schmidhuber have it."""
    (h, c), found = np.zeros((2, 3)), []
    for read in x @ w["kernel"] + w["bias"]:
        i, f, g, o = np.split(read + h @ w["recurrent_kernel"], 4)
        pi, pf, po = np.split(w["peephole"], 3)
        c = sigma(f + pf * c) * c + sigma(i + pi * c) * np.tanh(g)
        h = sigma(o + po * c) * np.tanh(c)
        found.append(h)
    return np.array(found)


@pytest.mark.parametrize("settings", KINDS)
def test_a_run(settings: Settings) -> None:
    result = of_all(settings)
    expect_the_replay_to_agree_with_keras(settings, result)
    expect_its_script_to_give_the_same_numbers(settings, result)
    expect_the_equations_numbers_to_give_the_result(settings, result)


def expect_the_replay_to_agree_with_keras(settings: Settings, result: Run) -> None:
    assert result.replay_difference < 1e-6
    states = ["state_h"] if settings.cell == "MGU" else ["state_h", "state_c"]
    assert [tensor.name for tensor in result.returned] == ["outputs", *states]
    assert all(fact.holds is not False for fact in facts(result) + checks(result))


def expect_its_script_to_give_the_same_numbers(settings: Settings, result: Run) -> None:
    found = dict[str, Any]()
    executed(script(settings, result.weights), found)
    np.testing.assert_array_equal(found["outputs"], result.tensor("outputs"))


def executed(code: str, names: dict[str, Any]) -> None:
    """As its own program: without what this file imports from __future__."""
    exec(compile(code, "script", "exec", dont_inherit=True), names)


def expect_the_equations_numbers_to_give_the_result(settings: Settings, result: Run) -> None:
    """Whoever types a line into a calculator gets what stands behind its last equals sign."""
    numbers = arrays(result, worksheet(result, sentence=0), sentence=0)
    squeeze = RECURRENT_ACTIVATIONS[settings.recurrent_activation]
    for line in equations(settings):
        said, value = (fill(part, numbers, step=3, unit=1) for part in (line.numbers, line.value))
        python = [re.sub(r"·10\^(-?\d+)", r"e\1", part).replace("·", "*") for part in (said, value)]
        got, shown = (
            eval(part.replace("σ", "squeeze"), ACTIVATIONS | {"squeeze": squeeze})
            for part in python
        )
        assert got == pytest.approx(shown, abs=2e-3 + 1e-3 * abs(shown)), line


@pytest.mark.parametrize(("settings", "by_hand"), [(MGU, mgu), (PEEPHOLE, peephole)])
def test_keras_does_what_the_paper_says(settings: Settings, by_hand: Any) -> None:
    result = of_all(settings)
    expected = by_hand(result.trace.inputs[0], result.weights)
    np.testing.assert_allclose(result.tensor("outputs")[0], expected, atol=1e-6)


def test_the_script_for_every_c_gives_it() -> None:
    result, found = of_all(PEEPHOLE), dict[str, Any]()
    executed(cell_states(PEEPHOLE, result.weights), found)
    np.testing.assert_allclose(found["c"], result.trace.cell, atol=1e-6)


def test_the_sums_hold_what_a_peephole_adds() -> None:
    result = of_all(PEEPHOLE)
    for name, total in sums(result).items():
        np.testing.assert_allclose(sigma(total), result.trace.gates[name], atol=1e-6)


@pytest.mark.parametrize("settings", [MGU, PEEPHOLE])
def test_explore_shows_it(open_app: OpenApp, settings: Settings) -> None:
    at = open_app(cell=settings.cell, units="3")
    sound(at)
    shows(at, settings)
    assert settings.cell in widget(at, "cell").options
    assert "reset_after" not in widgets(at)
    assert "recurrent_activation" in widgets(at)
    assert ("activation" in widgets(at)) == (settings == PEEPHOLE)
    assert ("unit_forget_bias" in widgets(at)) == (settings == PEEPHOLE)
    for fact in facts(run(settings)):
        assert told(at, fact, "facts") in ("holds", "note"), fact


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        (MGU, "(1 − <i>f</i>) · <i>h</i><sub>t−1</sub> + <i>f</i> · <i>g</i>"),
        (PEEPHOLE, " + <i>p</i><sub>o</sub> · <i>c</i><sub>t</sub>)"),
    ],
)
def test_inside_has_strips_and_equations(open_app: OpenApp, settings: Settings, line: str) -> None:
    at = open_box(open_app(cell=settings.cell, units="3"), "inside_products")
    sound(at)
    strips = {s["name"]: s["z"] for s in figure(at, "inside")["data"] if s["type"] == "heatmap"}
    for name, gate in run(settings).trace.gates.items():
        np.testing.assert_array_equal(np.array(strips[name], "float32"), gate[0].T)
    assert line in worked_out(at, step=2, unit=1)


@pytest.mark.parametrize("cell", CELLS)
def test_explore_has_its_tabs(open_app: OpenApp, cell: str) -> None:
    at = open_app(cell=cell, units="3")
    for tab in ("shapes", "parameters", "code", "torch", "data"):
        sound(move(at, "tab", tab))
        assert cell in all_markdown(at) + "".join(html(at)) + "".join(c.value for c in at.code)
        assert ("parameters" in charts(at)) == (tab == "parameters")


def test_parameters_stand_below_the_gates_that_they_belong_to(open_app: OpenApp) -> None:
    picture = figure(open_app(cell="Peephole", units="3", tab="parameters"), "parameters")
    strip = next(each for each in picture["data"] if each.get("name") == "peephole")
    assert np.isnan(np.array(strip["z"], float)).tolist() == [
        [False] * 6 + [True] * 3 + [False] * 3
    ]
    assert np.array(strip["customdata"])[0, [*range(6), 9, 10, 11]].tolist() == [*range(9)]
    assert picture["layout"][strip["yaxis"].replace("y", "yaxis")]["ticktext"] == ["peephole"]


@pytest.mark.parametrize("cell", CELLS)
def test_pytorch_does_not_have_it(open_app: OpenApp, cell: str) -> None:
    at = open_app(cell=cell, tab="torch")
    sound(at)
    assert text("torch.lacks.cell", cell=cell) in all_markdown(at)
    assert not at.code
    at = open_app("edit", cell=cell)
    sound(at)
    assert [button.key for button in at.get("download_button")] == ["download_npz"]


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("page", ["calls", "padding", "both_ways", "stack", "influence"])
def test_what_ifs_open_with_it(open_app: OpenApp, page: str, cell: str) -> None:
    at = open_app(page, cell=cell, units="3")
    sound(at)
    assert page in charts(at)


@pytest.mark.parametrize("cell", CELLS)
def test_it_stands_beside_others(open_app: OpenApp, cell: str) -> None:
    for named in ({"cell": cell}, {"b.cell": cell}):
        at = open_app("compare", units="3", **named)
        sound(at)
        assert cell in "".join(html(at))


@pytest.mark.parametrize("settings", [MGU, PEEPHOLE])
def test_a_state_is_carried(settings: Settings) -> None:
    for how in ("initial_state", "stateful", "encoder_decoder"):
        found = carry.answer(carry.Question(settings=settings, how=how, cut=4))
        assert found.difference.max() < 1e-6


@pytest.mark.parametrize(
    ("settings", "held", "facts_told"),
    [(MGU, "mix=1", ["mix_1", "moved"]), (PEEPHOLE, "forget=0", ["forget_0", "moved"])],
)
def test_edit_holds_its_gates(
    open_app: OpenApp, settings: Settings, held: str, facts_told: list[str]
) -> None:
    at = open_app("edit", cell=settings.cell, units="3", grid="bias")
    sound(at)
    press(at, "edit_try")  # keeps nothing of the old state
    sound(at)
    assert dict(at.query_params)["edits"] == held
    question = edit.Question(settings=settings, edits=read_edits(held))
    answer = edit.answer(question, of_all(settings).weights)
    assert [fact.name for fact in edit.facts(answer)] == [*facts_told, "replay"]
    for fact in edit.facts(edit.answer(question)):
        assert told(at, fact, "edit_facts") != "fails"


def test_edit_has_the_blocks_of_a_cell(open_app: OpenApp) -> None:
    at = open_app("edit", cell="MGU", grid="recurrent_kernel", mgu_block="candidate")
    sound(at)
    names = [text(f"gates.{name}.name") for name in ("mix", "candidate")]
    assert widget(at, "mgu_block").options == names


def test_edit_has_a_grid_for_weights_of_its_own(open_app: OpenApp) -> None:
    at = open_app("edit", cell="Peephole", grid="peephole", edits="peephole.output.0.2=0.5")
    sound(at)
    assert "candidate" not in widget(at, "peephole_block").options
    edits = read_edits("peephole.output.0.2=0.5")
    assert edits_text(edits) == "peephole.output.0.2=0.5"
    found = edits.of(None, Settings(cell="Peephole"))["peephole"]
    assert (found != 0).nonzero()[0].tolist() == [2 * 3 + 2]
    assert not edits.fit(Settings())
    assert not Edits(single=read_edits("peephole.candidate.0.0=1").single).fit(PEEPHOLE)


def test_influence_says_what_it_keeps() -> None:
    found = influence.answer(influence.Question(settings=MGU))
    np.testing.assert_array_equal(found.own.kept, 1 - found.run.trace.gates["mix"])
    assert {"kept_MGU", "kept_one_MGU"} & {fact.name for fact in influence.facts(found)}


@pytest.mark.parametrize("cell", ["LSTM", *CELLS])
def test_each_fact_of_influence_has_its_sentence(cell: str) -> None:
    """Of each cell, as all cells are drawn beside it."""
    for units, seed, steps in product((1, 4, 16), (0, 1), (10, 40)):
        tokens = (tuple(1 + step % 99 for step in range(steps)),)
        settings = Settings(cell=cell, units=units, seed=seed, tokens=tokens)
        found = influence.answer(influence.Question(settings=settings))
        for fact in influence.facts(found):
            path = f"influence_facts.{fact.name}"
            assert text(f"{path}.claim", **fact.values)
            text(f"{path}.measured", **fact.values)


@pytest.mark.parametrize(
    ("cell", "task", "seen"),
    [("MGU", "quotes", False), ("Peephole", "quotes", True)],
)
def test_it_learns(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch, cell: str, task: str, seen: bool
) -> None:
    """Trained in this process, which has TensorFlow already."""
    monkeypatch.setattr(learn, "prepare", lambda: None)
    question = learn.Question(task=task, cell=cell, steps=20)
    assert learned_of_ten(question) is None
    answer = answers.cached(question, lambda: learn.Answer(question, tuple(learn.train(question))))
    assert (learn.mechanism_of(answer) is not None) == seen
    said = {"task": task, "cell": cell, "steps": "20", "train": "true"}
    at = open_app("learn", **{f"learn.{name}": value for name, value in said.items()})
    sound(at)
    assert "film" in charts(at)
    for fact in learn.facts(answer).all:
        told(at, fact, "learn_facts")


@pytest.mark.parametrize("task", learn.TASKS)
def test_parts_of_it_can_be_taken_away(task: str) -> None:
    """Held where it keeps nothing, its gate writes all; it is never held where it writes none."""
    settings = learn.Question(task=task, cell="MGU", units=2).settings()
    readout = {"kernel": np.ones((2, 2), "float32"), "bias": np.zeros(2, "float32")}
    result = run(settings)
    cell = TrainedCell(settings, result.weights, Weights(Origin("given"), readout), result.trace, 0)
    held = {taken.name: (taken.gate, taken.at) for taken in ablations(task, cell)}
    assert held.get("keeping", ("mix", 1)) == ("mix", 1)
    assert "forgetting" not in held
