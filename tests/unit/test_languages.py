"""Every language has every text, with the same placeholders, for its own visitors alone; what one
does not have yet is in English."""

from __future__ import annotations

import ast
import re
import threading
import tokenize
from collections.abc import Callable
from dataclasses import astuple
from importlib import import_module
from io import StringIO
from pkgutil import iter_modules

import pytest

from components import texts
from components.backend import Settings, run, whatif
from components.backend.learning import learn
from components.backend.mistakes.mistakes import MISTAKES
from components.backend.pasted.errors import KNOWN
from components.backend.scripts.code import filled
from components.backend.scripts.script import cell_states, compared, script
from components.backend.scripts.torch_code import torch_script
from components.panels.ask.questions import QUESTIONS
from components.panels.write.comments import commented
from components.texts import DEFAULT, LANGUAGES, language, preferred, speaking, text
from dashboard.page_head import streamlit_page, with_head
from tests.texts import (
    FILE_OF,
    FOLDER,
    TEXTS,
    WRITTEN,
    as_list,
    by_file,
    fields,
    foreign_comments,
    not_yet_in,
)

OTHERS = sorted(LANGUAGES.keys() - {DEFAULT})
KOREAN = [(path, each) for path, said in WRITTEN["ko"].items() for each in as_list(said)]
# Whose particle depends on the last sound of what fills a placeholder, or is shown in two forms.
SOUND_BOUND = re.compile(
    r"\}(은|는|이|가|을|를|과|와|으?로|이?라)(?=[\s.,:;)]|$)"
    r"|\((?:으|이|은|는|가|을|를|과|와)\)"
)


def test_each_language_has_a_folder_and_each_folder_a_name() -> None:
    assert {path.name for path in FOLDER.iterdir() if path.is_dir()} - {"__pycache__"} == {
        *LANGUAGES
    }


@pytest.mark.parametrize("other", OTHERS)
def test_nothing_is_left_to_translate(other: str) -> None:
    """The one test that fails while something is said in English alone."""
    left = not_yet_in(other)
    assert not left, f"not yet in {LANGUAGES[other]} (components/texts/{other}):\n{by_file(left)}"


@pytest.mark.parametrize("other", OTHERS)
def test_a_translation_has_the_placeholders_of_the_english_text(other: str) -> None:
    odd = [path for path in WRITTEN[other] if path not in TEXTS]
    assert not odd, f"in {other}, but not in English:\n{by_file(odd, other)}"
    for path, translated in WRITTEN[other].items():
        said, spoken = as_list(TEXTS[path]), as_list(translated)
        assert FILE_OF[other][path] == FILE_OF[DEFAULT][path], path
        assert list(map(fields, spoken)) == list(map(fields, said)), path
        codes = [each.count("`") for each in said]
        assert [each.count("`") for each in spoken] == codes, path


@pytest.mark.parametrize("name", LANGUAGES)
def test_the_words_to_which_a_question_leads_stand_in_another_text(name: str) -> None:
    """What fills that text is not among them, so this needs no page."""
    spoken = {**TEXTS, **WRITTEN[name]}
    told = [
        re.sub("[*`]", "", each)
        for path, said in spoken.items()
        if not re.fullmatch(r"questions\.\w+\.(asked|also|answer|look_at|at)|lesson\..*", path)
        for each in as_list(said)
    ]
    led = {path: said for path, said in spoken.items() if path.endswith(".at")}
    led = {path: said for path, said in led.items() if path.startswith(("questions.", "lesson."))}
    assert led
    assert not {path: at for path, at in led.items() if not any(at in each for each in told)}


def test_no_korean_particle_depends_on_what_a_placeholder_is_filled_with() -> None:
    assert not [path for path, said in KOREAN if SOUND_BOUND.search(said)]


def test_no_korean_line_ends_before_a_number_or_a_particle() -> None:
    """Nor within a tuple; what may be copied as code has ordinary spaces."""
    space, joiner = "\N{NO-BREAK SPACE}", "\N{WORD JOINER}"
    tuples = r"(?<![\w=])\((\d+, )+\d+\)(?!\))"
    apart = re.compile(rf"[)\]」%][*`]*[가-힣]|[가-힣][*`]*\(|{tuples}|(최대|차이) \d")
    shown = {"shape": "(1, 10, 6)", "difference": 3e-8}
    with speaking("ko"):
        assert text("diagram.words.later", steps=3) == f"시점{space}3 뒤"
        said = text("stack_facts.last_step.measured", **shown, steps=10)
        assert f"(1,{space}10,{space}6)" in said
        assert f"차이{space}3e−8" in said
        assert [path for path, _ in KOREAN if apart.search(" ".join(as_list(text(path))))] == []
        for code in (cell_states(Settings()), script(Settings()), commented("# (samples, 4)")):
            assert not {space, joiner} & {*code}


def test_no_comment_of_a_mistake_of_an_answer_or_of_a_mend_stays_english() -> None:
    codes = [f"{each.begins}\n{part}" for each in MISTAKES.values() for part in astuple(each)[:2]]
    codes += [each.code for each in QUESTIONS.values()]
    codes += [*(re.sub(r"\{\w+\}", "7", known.mend) for known in KNOWN)]
    with speaking("ko"):
        assert [left for code in codes for left in foreign_comments(commented(code))] == []


def test_no_korean_emphasis_is_lost() -> None:
    """CommonMark ends no emphasis between a mark of punctuation and a letter."""
    lost = re.compile(r"((?<=[)\]`\"'”’.,:;!?…])|(?<=%\}))\*{1,2}[가-힣]")  # {:.0%} ends in one
    assert not [path for path, said in KOREAN if lost.search(said)]


@pytest.mark.parametrize(
    ("locales", "wanted"),
    [
        ("ko-KR,ko;q=0.9,en-US;q=0.8", "ko"),
        ("ko", "ko"),
        ("KO_kr", "ko"),
        ("de-DE,ko;q=0.5", "ko"),
        ("en-GB,ko;q=0.9", "en"),
        ("kok-IN", DEFAULT),
        ("", DEFAULT),
        (";,-", DEFAULT),
    ],
)
def test_a_browser_gets_the_first_language_that_it_prefers(locales: str, wanted: str) -> None:
    assert preferred(locales) == wanted


@pytest.mark.parametrize(
    ("named", "wanted"),
    [(["ko"], "ko"), (["fr"], "en"), ([None], "en"), (["fr", "ko"], "ko"), ([None, ""], "en")],
)
def test_a_language_that_is_named_comes_before_the_browsers(
    named: list[str | None], wanted: str
) -> None:
    assert preferred("en-GB", *named) == wanted


def test_one_threads_language_is_not_anothers() -> None:
    heard = []
    with speaking("ko"):
        thread = threading.Thread(target=lambda: heard.append(language()))
        thread.start()
        thread.join()
        assert language() == "ko"
    assert heard == [DEFAULT]
    assert language() == DEFAULT


def test_texts_are_looked_up_when_they_are_wanted() -> None:
    english = text("app.menu")
    with speaking("ko"):
        korean = text("app.menu")
    assert text("app.menu") == english != korean


class Unsaid(ast.NodeTransformer):
    """Takes what is said out of code."""

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        return ast.Constant("") if isinstance(node.value, str) else node


MODULES = [import_module(f"{whatif.__name__}.{m.name}") for m in iter_modules(whatif.__path__)]
SCRIPTS: list[Callable[[], str]] = [
    lambda: script(Settings()),
    lambda: cell_states(Settings(go_backwards=True)),
    lambda: compared((Settings(), None), (Settings(cell="GRU"), None)),
    lambda: torch_script(Settings(), run(Settings()).weights),
    lambda: filled("keras2"),
    *(
        lambda module=module: module.script(module.Question())
        for module in (*MODULES, learn)
        if hasattr(module, "script")
    ),
]


@pytest.mark.parametrize("make", SCRIPTS)
def test_a_script_is_the_same_code_in_each_language(make: Callable[[], str]) -> None:
    written = texts.in_every_language(make)
    code = {ast.dump(Unsaid().visit(ast.parse(source))) for source in written.values()}
    assert len(code) == 1
    for token in tokenize.generate_tokens(StringIO(written["ko"]).readline):
        if token.type == tokenize.COMMENT:
            assert not re.search("[a-z]+ [a-z]+ [a-z]+", token.string)
    assert not foreign_comments(written["ko"])
    assert all(len(line) <= 100 for line in written["ko"].splitlines())


def test_a_page_says_in_its_first_line_which_language_it_is_in() -> None:
    for name in LANGUAGES:
        with speaking(name):
            assert with_head(streamlit_page()).count(f'<html lang="{name}"') == 1
