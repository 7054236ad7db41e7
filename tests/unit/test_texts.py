"""The texts: all there, all used, their placeholders filled, and true of what they speak of."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path

import numpy as np
import pytest
from jinja2 import Environment, nodes

from components.backend import Settings, run
from components.backend.origins.notebook import observations, run_all
from components.backend.question.linked import choices
from components.backend.running.facts import Fact, checks, facts, length_fact
from components.backend.whatif import carry, padding
from components.texts import DEFAULT, has_text, text
from tests.kinds import chosen_of, every_kind, pairwise
from tests.texts import TEXTS, fields
from tests.what_ifs import KNOWN

ROOT = Path(__file__).parents[2]
SOURCES = [path for top in ("components", "dashboard") for path in (ROOT / top).rglob("*.py")]

# Between them: every fact that can be told of a run.
FLAGS = (True, False)
OPTIONS = {
    "cell": choices(Settings, "cell"),
    "return_sequences": FLAGS,
    "return_state": FLAGS,
    "activation": choices(Settings, "activation"),
    "embedding": FLAGS,
    "input_scaling": choices(Settings, "input_scaling"),
}
KINDS = pairwise(every_kind(OPTIONS), partial(chosen_of, OPTIONS))
KINDS += [Settings(cell="SimpleRNN", embedding=False)]  # whose states only the raw ids saturate
# Two whose states saturate on small inputs, as their weights feed h back into themselves.
FED_BACK = Settings(cell="SimpleRNN", units=1, embedding=False, seed=74, tokens=((1,) * 30,))
KINDS += [FED_BACK, FED_BACK.but(input_scaling="unit", tokens=((99,) * 30,))]

LONG = Settings(tokens=(tuple(range(40)),))
CARRIED = [
    carry.Question(settings=settings, how=how, hand_over=hand_over)
    for how in choices(carry.Question, "how")
    for settings, hand_over in [(Settings(), True), (LONG, False)]
]
CARRIED += [
    carry.Question(hand_over=False, cut=9, state_h=(0.0,)),
    carry.Question(settings=LONG, state_h=(1.0,)),
    carry.Question(settings=Settings(tokens=((1, 2), (3, 4))), how="stateful"),
    carry.Question(settings=Settings(tokens=((1, 2), (3, 4))), how="stateful", state_h=(1.0,)),
    carry.Question(settings=Settings(tokens=((1, 2),)), state_h=(1.0,)),
    carry.Question(  # on inputs as large as these, h is at its end whatever was before
        settings=FED_BACK.but(tokens=((99,) * 5,)), hand_over=False
    ),
]
LAST = Settings(return_sequences=False)
PAIRS = Settings(values=(((1.0, 1.0),),))
PADDED = [
    padding.Question(),
    padding.Question(mask_zero=False),
    padding.Question(mask_zero=False, sentences=((1,), (2,), (3,) * 40)),
    padding.Question(sentences=((1,), (2,), (3,) * 40)),
    padding.Question(bidirectional=True),
    padding.Question(bidirectional=True, mask_zero=False),
    padding.Question(side="pre", sentences=((0, 1), (2,))),
    padding.Question(sentences=((1,), (2,))),
    padding.Question(settings=Settings(values=(((1.0,),),)), series=(((0.0,), (1.0,)), ((1.0,),))),
    padding.Question(settings=PAIRS, series=(((0.5, 0.0), (0.0, 1.0)), ((1.0, 1.0),))),
    padding.Question(initial_state=True),
    padding.Question(initial_state=True, pass_mask=True),
    padding.Question(initial_state=True, other_states=True, pass_mask=True, side="pre"),
    padding.Question(zero_output_for_mask=True),
    padding.Question(zero_output_for_mask=True, settings=LAST),
    # Zeros that are read before all else leave the state of a layer without biases at 0.
    padding.Question(side="pre", settings=Settings(cell="SimpleRNN", embedding=False)),
]
FACTS = ("facts", "claims", "carry_facts", "padding_facts")


def names(said: str) -> set[str]:
    """The names of a text's placeholders."""
    return {name for name, _ in fields(said)}


def pattern(path: ast.expr) -> str:
    """What text(...) was asked for, as a pattern in which what is filled in is free."""
    if isinstance(path, ast.Constant):
        return re.escape(path.value)
    assert isinstance(path, ast.JoinedStr), ast.unparse(path)
    parts = path.values
    return "".join(re.escape(p.value) if isinstance(p, ast.Constant) else ".*" for p in parts)


@cache
def calls_of(function: str) -> tuple[tuple[str, ast.Call], ...]:
    """Every call of that function in the sources, and where it is."""
    return tuple(
        (f"{source.name}:{node.lineno}", node)
        for source, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        if node.func.id == function
    )


@cache
def trees() -> tuple[tuple[Path, ast.Module], ...]:
    """Every source, parsed."""
    return tuple((source, ast.parse(source.read_text("utf-8"))) for source in SOURCES)


@cache
def calls() -> tuple[tuple[str, ast.Call, str], ...]:
    """Every call of text() and help_of() in the sources: where it is, the call, the pattern of its
    path."""
    found = []
    for where, node in (*calls_of("text"), *calls_of("help_of")):
        path = node.args[0]
        for one in (path.body, path.orelse) if isinstance(path, ast.IfExp) else (path,):
            if not isinstance(one, ast.Name):  # text(path) in texts/ itself
                found.append((where, node, pattern(one)))
    return (*found, *calls_in_templates())


def calls_in_templates() -> Iterator[tuple[str, ast.Call, str]]:
    """As `calls`, in the templates of scripts."""
    for source in (ROOT / "components").rglob("*.jinja"):
        tree = Environment().parse(source.read_text("utf-8"))
        for node in tree.find_all((nodes.Call,)):
            if isinstance(node.node, nodes.Name) and node.node.name == "text":
                path, given = node.args[0].value, [each.key for each in node.kwargs]
                call = ast.Call(ast.Name("text"), [], [ast.keyword(name) for name in given])
                yield f"{source.name}:{node.lineno}", call, re.escape(path)


def sections_of_facts() -> set[str]:
    """The sections whose facts are on a page."""
    given = [node.args[1] for _, node in calls_of("fact_list")]
    more = [each.value for _, node in calls_of("statements") for each in node.keywords]
    named = {each.value for each in (*given, *more) if isinstance(each, ast.Constant)}
    return {each for each in named if has_text(each)} | {f"{each.name}_facts" for each in KNOWN}


@cache
def all_facts() -> tuple[tuple[str, Settings, Fact], ...]:
    told = [
        ("facts", kind, fact) for kind in KINDS for fact in facts(run(kind)) + checks(run(kind))
    ]
    told += [("facts", kind, length_fact(kind)) for kind in KINDS[:1]]
    told += [("claims", Settings(), fact) for fact in observations(run_all())]
    told += [("carry_facts", q.settings, f) for q in CARRIED for f in carry.facts(carry.answer(q))]
    told += [
        ("padding_facts", q.settings, f) for q in PADDED for f in padding.facts(padding.answer(q))
    ]
    return tuple(told)


def test_calls_are_found() -> None:
    """Were they not, the tests below would pass of themselves."""
    assert len(calls()) > 80
    assert {*FACTS} < sections_of_facts()
    assert {"app.title", "tabs.", "facts"} & {p.replace("\\", "").rstrip("*.") for *_, p in calls()}


@pytest.mark.parametrize("section", FACTS)
def test_facts_are_those_that_can_be_told(section: str) -> None:
    told = {fact.name for where, _, fact in all_facts() if where == section}
    said = text(section).keys()
    where = f"components/texts/{DEFAULT}: {section} has"
    assert not told - said, f"{where} no sentence for {sorted(told - said)}"
    assert not said - told, f"{where} {sorted(said - told)}, which no run here tells"


def test_every_fact_has_its_sentence_and_fills_it() -> None:
    for where, _, fact in all_facts():
        for part in ("claim", "measured"):
            path = f"{where}.{fact.name}.{part}"
            said = text(path, **fact.values)
            assert names(TEXTS[path]) <= fact.values.keys(), path
            assert not re.search(r"[{}]|nan|None", said), said
            assert said or part == "measured"


def test_every_text_that_is_asked_for_is_there() -> None:
    known = {*TEXTS, *(path.rsplit(".", 1)[0] for path in TEXTS)}
    for where, _, wanted in calls():
        asked = re.compile(wanted)
        assert any(map(asked.fullmatch, known)), f"{where}: {wanted}"


def test_every_text_is_used() -> None:
    """But for facts, which are held against what can be told above or in tests of their own, as are
    the words of a cell's diagram and the lessons."""
    elsewhere = {*sections_of_facts(), "diagram", "lesson"}
    wanted = {re.compile(p) for *_, p in calls() if re.search(r"[a-z]", p)}
    unused = [
        path
        for path in TEXTS
        if path.split(".")[0] not in elsewhere and not any(each.fullmatch(path) for each in wanted)
    ]
    assert not unused, ", ".join(unused)


def words() -> list[tuple[str, set[str] | None]]:
    """Each name of a problem that the sources make words of, and what it is given, where the
    source says all of that."""
    found = []
    for _, node in calls_of("Message"):
        name, values = (*node.args, None)[:2]
        keys = values.keys if isinstance(values, ast.Dict) else []
        known = values is None or (keys and all(keys))
        said = {key.value for key in keys} if known else None
        names = (name.body, name.orelse) if isinstance(name, ast.IfExp) else (name,)
        found += [(one.value, said) for one in names]
    return found


def test_every_word_of_a_problem_is_there_and_gets_its_values() -> None:
    assert len(words()) > 15
    for name, said in words():
        assert said is None or names(TEXTS[f"problems.{name}"]) == said, name


def test_every_word_of_a_problem_is_used() -> None:
    named = {f"problems.{way}{name}" for name, _ in words() for way in ("", "python.")}
    named |= {path.replace("\\", "") for *_, path in calls()}
    assert {path for path in TEXTS if path.startswith("problems.")} <= named


def test_every_placeholder_gets_its_value() -> None:
    for where, call, wanted in calls():
        path = wanted.replace("\\", "")
        if path in TEXTS and all(keyword.arg for keyword in call.keywords):
            assert names(TEXTS[path]) <= {keyword.arg for keyword in call.keywords}, where


def test_saturation_is_measured_and_stated_right() -> None:
    """Raw ids are named as the cause only where they reach the ends by themselves."""
    kinds = [*KINDS, Settings(embedding=False, tokens=((0, 0, 0),)), Settings(seed=1)]
    for kind in kinds:
        if kind.cell == "SimpleRNN" and kind.activation != "tanh":  # its states have no ends
            continue
        fact = next(f for f in checks(run(kind)) if f.name.startswith("saturation"))
        claim = text(f"facts.{fact.name}.claim", **fact.values)
        values = fact.values
        assert claim.startswith(f"{values['stuck'] / values['count']:.0%} ")
        assert f"{values['farthest']:.3g} away" in claim
        assert (values["farthest"] > values["far"]) == (values["stuck"] > 0), claim
        if fact.name.endswith("raw"):
            assert values["stuck"], claim
            alone = run(kind.but(tokens=((max(map(max, kind.tokens)),),)))
            pushed = np.abs(alone.trace.inputs @ alone.weights["kernel"]).max()
            assert pushed > values["far"], claim


def test_house_style() -> None:
    for path, said in TEXTS.items():
        assert "!" not in said, path
        assert said.count("**") % 2 == said.count("`") % 2 == 0, path


def test_text_fills_in_and_refuses() -> None:
    assert text("inside.previous") == TEXTS["inside.previous"]
    assert text("cards.would", flag="x") == TEXTS["cards.would"].replace("{flag}", "x")
    # What a visitor wrote is filled in and not looked through for placeholders.
    assert "{used} {0}" in text("link.line", field="", got="{used} {0}", allowed="", used="")
    # Numbers are written as on all pages, flags as in Python.
    assert text("charts.range", low=-1.5, high=1744) == "−1.5 to 1,744"
    assert text("compare.setting", label="x", value=True) == "x True"
    with pytest.raises(KeyError):
        text("no.such.text")
    with pytest.raises(KeyError):
        text("cards.would", other="x")
