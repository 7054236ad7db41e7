"""Whatever is in a list (a setting, a cell, a question, a mistake, a lesson, a page) has its texts
and what else belongs to it; and there are no texts of what is in no list.

That a setting reaches Keras is in test_reaches_keras, the texts of facts are in test_texts.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from urllib.parse import urlsplit

import pytest

from components.backend.cells import CELLS
from components.backend.lessons import LESSONS, recorded
from components.backend.mistakes import mistakes
from components.backend.mistakes.mistakes import MISTAKES
from components.backend.question.linked import choices
from components.backend.question.setup import Setup
from components.backend.whatif.stack import Above, Wrapped
from components.panels.ask import questions
from components.panels.ask.questions import QUESTIONS
from components.panels.pages import FIRST, PAGES, TAKE_SETTINGS
from components.texts import DEFAULT, has_text, text
from tests.texts import FILE_OF, FOLDER

SCRIPTS = FOLDER.parents[1] / "dashboard/app_pages"
SETTINGS = {name: model for model in (Setup, Wrapped, Above) for name in model.model_fields}
LABELLED = {"source", "bidirectional"}
"""The settings whose choices need labels, as they are no words of Keras's."""


def unsaid(*paths: str, file: str = "") -> Iterator[str]:
    """Those texts that are missing, and where they belong: in that file, or with their kind."""
    for path in paths:
        if not has_text(path) or not text(path).strip():
            yield f"{path} in components/texts/{DEFAULT}/{file or neighbours(path)}"


def neighbours(path: str) -> str:
    """The file with the texts of which that one would be."""
    while path := path.rpartition(".")[0]:
        for known, file in FILE_OF[DEFAULT].items():
            if known.startswith(f"{path}."):
                return file
    return ""


def setting(name: str) -> Iterator[str]:
    parts = ["label", "help"]
    if name in LABELLED:
        parts += [f"options.{option}" for option in choices(SETTINGS[name], name)]
    yield from unsaid(*(f"settings.{name}.{part}" for part in parts))


KNOWN_CELLS = ("LSTM", "GRU", "SimpleRNN")
OF_CELLS_WITHOUT_A_GATE = (
    "influence_facts.kept_{}_relu",
    "influence_facts.kept_one_{}_relu",
    "influence_facts.kept_one_{}_linear",
)
NOT_OF_EACH_CELL = {*OF_CELLS_WITHOUT_A_GATE, "exact.zero_{}", "exact.one_{}", "exact.near_{}"}
"""Facts that name a cell, and that another cell never has: its notebook has LSTM and GRU alone."""


def families() -> dict[str, set[str]]:
    """Facts whose names have a known cell's in them, as "facts.count_{}", with those cells."""
    found = defaultdict[str, set[str]](set)
    for path in FILE_OF[DEFAULT]:
        fact, _, part = path.rpartition(".")
        if part == "claim":
            for name in KNOWN_CELLS:
                family = re.sub(rf"(?<=_){name}(?=_|$)", "{}", fact)
                if family != fact:
                    found[family].add(name)
    return found


OF_EACH_CELL = sorted(families().keys() - NOT_OF_EACH_CELL)


OF_EACH_CELLS_STATES = sorted(
    re.sub(r"(?<=_)hc(?=\.|$)", "{}", path)
    for path in FILE_OF[DEFAULT]
    if re.sub(r"(?<=_)hc(?=\.|$)", "h", path) in FILE_OF[DEFAULT].keys() - {path}
)
"""Texts whose names have the letters of a cell's states in them, as "note.colours_{}"."""


def test_a_fact_that_names_a_cell_is_of_each_cell() -> None:
    """Else a cell that is added would have none, and its page would end in an error."""
    for family in OF_EACH_CELL:
        assert families()[family] == {*KNOWN_CELLS}, family
    assert "note.colours_{}" in OF_EACH_CELLS_STATES


def cell(name: str) -> Iterator[str]:
    record = CELLS[name]
    strips = [f"candidate_{name}" if gate == "candidate" else gate for gate in record.gates]
    facts = [family.format(name) for family in OF_EACH_CELL]
    if record.keep_gate is None:
        facts += [family.format(name) for family in OF_CELLS_WITHOUT_A_GATE]
    facts += [f"edit_facts.{held.name}" for held in record.identities]
    paths = [f"gates.{gate}.name" for gate in record.gates]
    paths += [f"strips.{at}.{part}" for at in strips for part in ("title", "sentence")]
    paths += [f"grids.{weight.name}.each" for weight in record.more]
    paths += [f"{fact}.{part}" for fact in facts for part in ("claim", "measured")]
    paths += [each.format(record.letters) for each in OF_EACH_CELLS_STATES]
    yield from unsaid(*paths, file=f"{name.lower()}.toml")
    for held in record.identities:
        for other in CELLS.values():
            if any(held.name == its.name and held is not its for its in other.identities):
                yield f"a name of its own for the identity {held.name}: {other.name} has another"


def question(name: str) -> Iterator[str]:
    parts = ("asked", "also", "answer", "look_at", "at")
    yield from unsaid(*(f"questions.{name}.{part}" for part in parts))
    asked = QUESTIONS[name]
    yield from unsaid(*(f"questions.{name}.causes.{each}" for each in asked.causes))
    yield from unpredicted(asked.predict)
    after = urlsplit(asked.next).path
    if not {asked.page, after or FIRST} <= {*PAGES}:
        yield f"pages to lead to, {asked.page} and the next one: not both are pages"
    if after == asked.page:
        yield f"another page to go on to than {asked.page}, or none"
    if not re.fullmatch(r"|part=[\w-]+|strips=\w+(\.-?\d+)*", asked.look):
        yield f"a place to look at: {asked.look} is none"


def unpredicted(predict: str) -> Iterator[str]:
    lesson, _, predicted = predict.partition(".")
    if lesson and predicted not in [each.__name__ for each in LESSONS.get(lesson, ())]:
        yield f"a lesson's question to predict, or none: {predict} is none"


def mistake(name: str) -> Iterator[str]:
    paths = ("mistakes.why", "mistakes.also", "mistakes_view.mistake.options")
    yield from unsaid(*(f"{path}.{name}" for path in paths))
    says, silent = MISTAKES[name].says, name in mistakes.GROUPS["silent"]
    if (says and silent) or not (says or silent or name in mistakes.GROUPS["attention"]):
        yield "`says` in mistakes.toml: what Keras says, but for a silent mistake"
    yield from unpredicted(MISTAKES[name].predict)
    if MISTAKES[name].question not in {*QUESTIONS, ""}:
        yield f"a question that draws it: {MISTAKES[name].question} is none"


def lesson(name: str) -> Iterator[str]:
    said = [f"{each.__name__}.{part}" for each in LESSONS[name] for part in ("prompt", "say")]
    paths = (f"lesson.{name}.{part}" for part in ("title", "line", *said))
    yield from unsaid(*paths, file=f"lessons/{name}.toml")
    if not all(recorded(name, number) for number in range(1, len(LESSONS[name]) + 1)):
        yield "a record: run python -m components.backend.lessons.recorded"


def page(name: str) -> Iterator[str]:
    parts = ("title", "help") if name in TAKE_SETTINGS else ("title",)
    yield from unsaid(*(f"pages.{name}.{part}" for part in parts), file=f"{name}.toml")
    if not (SCRIPTS / f"{name}.py").is_file():
        yield f"its script, dashboard/app_pages/{name}.py"


def group(path: str) -> Iterator[str]:
    yield from unsaid(path)


GROUPS = {"questions.groups": questions.GROUPS, "mistakes.groups": mistakes.GROUPS}

LISTS: dict[Callable[[str], Iterator[str]], Iterable[str]] = {
    setting: SETTINGS,
    cell: CELLS,
    question: QUESTIONS,
    mistake: MISTAKES,
    lesson: LESSONS,
    page: PAGES,
    group: [f"{table}.{name}" for table, names in GROUPS.items() for name in names],
}
"""What each of these functions finds to be missing, it finds of everything in this list."""


@pytest.mark.parametrize(
    ("lacks", "name"),
    [
        pytest.param(lacks, name, id=f"{lacks.__name__}-{name}")
        for lacks, names in LISTS.items()
        for name in names
    ],
)
def test_nothing_is_missing_of_what_is_in_a_list(
    lacks: Callable[[str], Iterator[str]], name: str
) -> None:
    found = [*lacks(name)]
    assert not found, f"the {lacks.__name__} {name} lacks\n" + "\n".join(found)


TABLES = {
    "settings": SETTINGS,
    "questions": {*QUESTIONS, "groups"},
    "mistakes.why": MISTAKES,
    "mistakes.also": MISTAKES,
    "mistakes_view.mistake.options": MISTAKES,
    "pages": PAGES,
    "lesson": LESSONS,
    **{f"lesson.{name}": {each.__name__ for each in asked} for name, asked in LESSONS.items()},
    **{
        f"settings.{name}.options": choices(model, name)
        for name, model in SETTINGS.items()
        if has_text(f"settings.{name}.options")
    },
    **GROUPS,
}
"""What a table of texts may speak of; texts of its own, such as a title, stand in some."""


@pytest.mark.parametrize("table", TABLES)
def test_nothing_is_said_of_what_is_in_no_list(table: str) -> None:
    said = text(table)
    has_own = any(isinstance(entry, dict) for entry in said.values())
    about = {name for name, entry in said.items() if isinstance(entry, dict) or not has_own}
    odd = about - {*TABLES[table]}
    assert not odd, f"components/texts/{DEFAULT}: {table} speaks of {', '.join(sorted(odd))}"


def test_a_script_is_a_page() -> None:
    odd = {script.stem for script in SCRIPTS.glob("*.py")} - {*PAGES, "__init__"}
    assert not odd, f"in dashboard/app_pages but not in panels/pages.py: {odd}"
