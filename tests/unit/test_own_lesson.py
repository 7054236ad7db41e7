"""A lesson of one's own: what is read of a text, what is refused, and that it is shown as typed."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.backend.lessons import pose, questions, title
from components.backend.lessons.own import (
    MOST_CHARACTERS,
    MOST_OPTIONS,
    MOST_QUESTIONS,
    lesson,
    literal,
    mistake,
    read,
    typed,
    written,
)
from components.backend.lessons.question import Page
from components.backend.question.linked import SettingsError
from components.panels.teaching.posed import heading
from components.panels.write.html import inline, parted
from components.texts import text
from dashboard.messages import LONGEST

LESSON = """
  Which shape comes back?\t
http://10.0.0.2:8501/?cell=GRU&return_sequences=false#step=3
- (1, 10, 4)
*  (1, 4)\r
\t

Which cell?
- LSTM
- GRU
"""
OPTIONS = "- one\n- two"
NO_LINK = "which is neither an option nor a link to a page of this app"
UNSEEN = "with a character that cannot be seen"


def test_what_is_read() -> None:
    shape, cell = read(LESSON)
    page = Page("explore", {"cell": "GRU", "return_sequences": "false"})
    asked, link = "Which shape comes back?", LESSON.splitlines()[2].strip()
    assert shape == (asked, ("(1, 10, 4)", "(1, 4)"), 1, ("", ""), "", link)
    assert (shape.page, cell.page) == (page, None)
    assert cell == ("Which cell?", ("LSTM", "GRU"), None, ("", ""), "", "")
    assert lesson(LESSON).title == ""
    assert len(read(text("lessons.own.example"))) == 2


WHOLE = """
# Shapes & co.

Which `shape`?
```python
x = LSTM(4)(x)

  ```not the end
    print(x.shape)
```
/learn
- `(1, 10, 4)`
  > That is every h.
  Not the last.
* `(1, 4)`
> The last h.

# no title
/edit
````
- no option
```
````
- a
- b
  - c"""


def test_a_title_code_and_explanations() -> None:
    title, (shape, other) = lesson(WHOLE)
    assert title == "Shapes & co."
    assert shape.prompt == "Which `shape`?"
    assert shape.code == "x = LSTM(4)(x)\n\n  ```not the end\n    print(x.shape)"
    assert (shape.page, shape.link) == (Page("learn", {}), "/learn")
    assert shape.explained == ("That is every h. Not the last.", "The last h.")
    assert (other.prompt, other.code) == ("# no title", "- no option\n```")
    assert other.options == ("a", "b", "c")
    assert lesson(written(lesson(WHOLE))) == lesson(WHOLE)


def test_its_explanations_are_told_to_who_needs_them() -> None:
    posed = pose(WHOLE, 1)
    assert heading(WHOLE) == literal("Shapes & co.")
    assert typed(posed.believed(0)) == "That is every h. Not the last."
    assert typed(posed.say) == "The last h."
    assert typed(posed.prompt, marks=False) == f"Which shape?\n\n{read(WHOLE)[0].code}"
    words, code = parted(posed.prompt)
    assert words == "Which <code>shape</code>?"
    assert "<pre" in code
    assert unescape(re.sub("<.*?>", "", code)).strip() == read(WHOLE)[0].code


@pytest.mark.parametrize(
    ("link", "page"),
    [
        ("learn", Page("learn", {})),
        ("/learn?learn.race=true", Page("learn", {"learn.race": "true"})),
        ("?tab=inside", Page("explore", {"tab": "inside"})),
        ("https://school.test/lens/stack?cell=GRU", Page("stack", {"cell": "GRU"})),
        ("//elsewhere.test/edit", Page("edit", {})),
    ],
)
def test_a_link_leads_to_a_page_of_this_server(link: str, page: Page) -> None:
    (asked,) = read(f"What?\n{link}\n{OPTIONS}")
    assert asked.page == page


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)",
        "javascript:/learn",
        "https://elsewhere.test/login",
        "file:///learn",
        "/nowhere",
        "/app_pages",
        "see learn",
        "https://[/learn",
        "/explore.title",
        "/learn\nanother line",
    ],
)
def test_any_other_link_is_refused(link: str) -> None:
    with pytest.raises(SettingsError) as error:
        read(f"What?\n{link}\n{OPTIONS}")
    assert "in line" in str(error.value.problems[0].got)


@pytest.mark.parametrize(
    ("said", "got"),
    [
        ("", "no question"),
        (" \n\t\n", "no question"),
        ("What?", "0 options in question 1"),
        ("\n\nWhat?\n- one", "1 options in question 1"),
        (f"What?\n{OPTIONS}\n- two", "'two' twice among the options of question 1"),
        ("What?\n* one\n* two", "'* two' in line 3, a second right option"),
        (OPTIONS, "'- one' in question 1, an option where a question begins"),
        (f"What?\n{OPTIONS}\nand more", "'and more' in line 4, which is no option"),
        (f"What?\n{OPTIONS}\n\nWhat?\n-one\n- two", f"'-one' in line 6, {NO_LINK}"),
        (f"What?\n```\nx\n{OPTIONS}\n\nAnd?", "'```' in line 2, code without an end"),
        (f"What?\n```\nx\n```\n```\ny\n```\n{OPTIONS}", f"'```' in line 5, {NO_LINK}"),
        (f"What?\n{OPTIONS}\n>", "'>' in line 4, which is no option"),
        ("# title\n\n# title", "0 options in question 1"),
        ("# title", "no question"),
        (f"Wh\x00at?\n{OPTIONS}", rf"'Wh\x00at?' in line 1, {UNSEEN}"),
        (f"Wh\ud800at?\n{OPTIONS}", rf"'Wh\ud800at?' in line 1, {UNSEEN}"),
        ("x" * (MOST_CHARACTERS + 1), f"{MOST_CHARACTERS + 1:,} characters"),
        (
            f"What?\n{OPTIONS}\n\n" * (MOST_QUESTIONS + 1),
            f"{MOST_QUESTIONS + 1} questions",
        ),
        (
            "\n".join(["What?", *(f"- {n}" for n in range(MOST_OPTIONS + 1))]),
            f"{MOST_OPTIONS + 1} options in question 1",
        ),
    ],
)
def test_what_is_wrong_is_named(said: str, got: str) -> None:
    with pytest.raises(SettingsError) as error:
        read(said)
    (problem,) = error.value.problems
    assert problem == mistake(said)
    assert str(problem.got) == got
    assert str(problem.allowed) == str(text("problems.own")).format(
        questions=MOST_QUESTIONS, least=2, options=MOST_OPTIONS, characters=f"{MOST_CHARACTERS:,}"
    )


def test_a_link_with_the_longest_lesson_passes_in_korean() -> None:
    """With 4 kB for the rest of the request."""
    link = len(quote("가" * MOST_CHARACTERS))
    nginx = Path("dashboard/deploy/nginx.conf").read_text("utf-8")
    (kilobytes,) = re.findall(r"large_client_header_buffers \d+ (\d+)k;", nginx)
    assert link <= int(kilobytes) * 1024 - 4096
    assert link <= LONGEST - 4096


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(said: str) -> None:
    try:
        found = read(said)
    except SettingsError:
        return
    assert 1 <= len(found) <= MOST_QUESTIONS


def test_its_questions_are_posed() -> None:
    assert questions(LESSON) == 2
    assert title(LESSON) == text("lessons.own.title")
    shape, cell = pose(LESSON, 1), pose(LESSON, 2)
    assert (shape.right, cell.right) == (1, None)
    assert shape.answer_page.name == "explore"
    assert cell.answer_page is None
    assert typed(shape.said(0)) == "(1, 10, 4)"
    assert (shape.say, shape.believed(0)) == ("", "")


MARKUP = [
    "<script>alert(1)</script>",
    "**bold** _it_ ~~gone~~ ``no code`",
    "$x^2$ :red[danger] :material/bug_report: :smile:",
    "[a](http://example.com) ![a](http://example.com) <http://example.com>",
    "www.example.com a@example.com https://example.com",
    "&amp; &#58; \\ \\* a\\",
    "# title",
    "한국어 – 20 % · “quoted”",
]


@pytest.mark.parametrize("said", MARKUP)
def test_all_is_shown_as_it_was_typed(said: str) -> None:
    shown = inline(literal(said))
    assert re.findall(r"<\w+", shown) == []
    assert unescape(shown).replace("\N{WORD JOINER}", "") == said
    assert typed(literal(said)) == said
    assert not re.search(r"\w:|www\.|\w\.com", unescape(shown))


def test_code_in_backticks_is_code() -> None:
    said = "**b** `a_b*:smile:<c>\\\\` and ``no `code\\`"
    shown = inline(literal(said))
    assert re.findall(r"<code>(.*?)</code>", shown) == ["a_b*:smile:&lt;c&gt;\\\\", "code\\"]
    assert typed(literal(said)) == said
    assert typed(literal("`a\\n` \\` 'b'"), marks=False) == "a\\n \\` 'b'"


@given(st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=60))
def test_whatever_is_typed_comes_back(said: str) -> None:
    assert typed(literal(said)) == said
    shown = re.sub("</?code>", "`", inline(literal(said)))
    assert unescape(shown).replace("\N{WORD JOINER}", "") == said
