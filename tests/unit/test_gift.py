"""A lesson of one's own as Moodle's GIFT and back, and what is read of files that Moodle writes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.backend.lessons import gift, own
from components.backend.lessons.gift import Imported, Left, read
from components.backend.lessons.own import MOST_CHARACTERS, MOST_QUESTIONS, Lesson, Written

LINES = st.text(
    st.one_of(
        st.sampled_from("`*_~=#{}:\\<>&[]()%-+.!/$| 1n"),
        st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]),
    ),
    max_size=30,
).map(str.strip)
OPTIONS = st.lists(LINES.filter(bool), min_size=2, max_size=8, unique=True)
LINKS = st.sampled_from(["", "/", "/?cell=GRU&units=3", "https://a.test/x/learn?a=b c&d=(é)*_~#e"])


@st.composite
def lessons(draw: st.DrawFn) -> str:
    """The text of a lesson."""
    asked = []
    for options in draw(st.lists(OPTIONS, min_size=1, max_size=3)):
        right = draw(st.sampled_from([None, *range(len(options))]))
        explained = tuple(draw(LINES) for _ in options)
        code = draw(st.lists(LINES, max_size=3).map("\n".join))
        prompt, link = draw(LINES.filter(bool)), draw(LINKS)
        asked.append(Written(prompt, tuple(options), right, explained, code, link))
    return own.written(Lesson(draw(LINES), tuple(asked)))


@given(lessons())
def test_a_lesson_comes_back_as_it_was(said: str) -> None:
    """As text, and as GIFT but for the server that its links name."""
    if own.mistake(said):
        return
    lesson = own.lesson(said)
    assert own.lesson(own.written(lesson)) == lesson
    found, left = read(gift.written(lesson))
    assert left == ()
    assert (found.title, bare(found)) == (lesson.title, bare(lesson))
    assert bare(own.lesson(own.written(found))) == bare(lesson)


def bare(lesson: Lesson) -> list[Written]:
    """Its questions without their links as they are written; they have the pages."""
    return [asked._replace(link="") for asked in lesson.questions]


LESSON = """# A/B

What of `x[0]`?
```
print({1: "a\\n"})
```
/?cell=GRU
- 1. *one*
  > No: <b>.
* 50% = half

Which?
- %a
- b
- c"""


def test_what_moodle_reads() -> None:
    """Its parser takes what has no backslash as a mark, and a line of // as a comment; the text
    then is Markdown with HTML in it."""
    assert gift.written(own.lesson(LESSON)).splitlines() == [
        "$CATEGORY: A//B",
        "",
        r'[markdown]What of `x[0]`?\n\n```\nprint(\{1\: "a\\n"\})\n```{',
        r"~&\#49;. \\*one\\*#No\: &lt;b>.",
        r"=50% \= half",
        r"####Explore\: `/?cell\=GRU`",
        "}",
        "",
        "[markdown]Which?{",
        r"~%33.33333%&\#37;a",
        "~%33.33333%b",
        "~%33.33333%c",
        "}",
    ]


MOODLES = r"""
// question: 0  name: Switch category to $course$/top/RNN//LSTM
$CATEGORY: $course$/top/RNN//LSTM


// question: 91  name: What comes back?
::What comes back?::[html]<p>What does <code>LSTM(4)</code> return, if x \= 1 &amp; y &lt; 2?</p>
<pre>x \= 1\nprint(x)</pre>{
	=<p>One tensor</p>#<p>Yes\: one.</p>
	~<p>Two<br></p>
	~%0%[plain]<three>
	####<p>See <a href\="https\://a.test/lens/learn?x\=1">it</a></p>
}

Grant is {~buried =entombed ~living} in **Grant's** tomb.

Which are true? {~%50%a ~%50%b ~%-100%c}
"""


def test_what_moodle_writes_is_read() -> None:
    (title, (first, second)), left = read(MOODLES)
    assert title == "RNN/LSTM"
    assert first.prompt == "What does `LSTM(4)` return, if x = 1 & y < 2?"
    assert first.code == "x = 1\nprint(x)"
    assert first.options == ("One tensor", "Two", "<three>")
    assert (first.right, first.explained) == (0, ("Yes: one.", "", ""))
    assert first.page == own.Page("learn", {"x": "1"})
    assert second.prompt == "Grant is _____ in **Grant's** tomb."
    assert (second.options[second.right or 0], second.page) == ("entombed", None)
    assert left == (Left(17, "several"),)


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("Only words.", "description"),
        ("Write.{}", "essay"),
        ("True?{T}", "true_false"),
        ("True?{FALSE#no#yes}", "true_false"),
        ("Two plus {=two =2} is four.", "short"),
        ("Match.{=a -> b\n=c -> d}", "matching"),
        ("When?{#1822:5}", "number"),
        ("Which?{=a =b ~c}", "several"),
        ("Which?{~%100%a ~%100%b ~c}", "several"),
        ("Which?{~a =b ~a}", "unlike"),
        ("Which?{~a}", "unlike"),
        ("{=a ~b}", "unlike"),
    ],
)
def test_any_other_kind_is_told_by_its_line(said: str, kind: gift.Reason) -> None:
    assert read(f"// one\n\n// two\n{said}") == Imported(Lesson("", ()), (Left(4, kind),))


def test_what_is_beyond_a_lesson_is_told() -> None:
    asked = "Which?{=a ~b}\n\n"
    (_, questions), left = read(asked * (MOST_QUESTIONS + 1))
    assert (len(questions), left) == (MOST_QUESTIONS, (Left(2 * MOST_QUESTIONS + 1, "beyond"),))
    long = f"Which?{{={'a' * MOST_CHARACTERS} ~b}}\n\n"
    (_, questions), left = read(long + asked)
    assert (len(questions), left) == (1, (Left(1, "unlike"),))


def test_what_is_smaller_is_no_tag() -> None:
    (asked,) = read("Is x<y, or [html]x <b>y</b> < z?{=a<b ~c}").lesson.questions
    assert asked.prompt == "Is x<y, or [html]x y < z?"
    assert asked.options == ("a<b", "c")


@pytest.mark.parametrize("said", ["What?{=a ~b}", "True?{T}", MOODLES])
def test_a_file_of_gift_is_known(said: str) -> None:
    assert gift.is_gift(said)


@pytest.mark.parametrize("said", ["What?\n- {1: 2}\n-b", "no lesson", ""])
def test_a_text_with_a_mistake_is_no_gift(said: str) -> None:
    assert not gift.is_gift(said)


def test_a_comment_of_html_is_no_part_of_a_question() -> None:
    found, _ = read("Which<!-- not this --> one?{=a ~b<!-- nor\nthis}")
    assert (found.questions[0].prompt, found.questions[0].options) == ("Which one?", ("a", "b"))


@given(st.text(st.sampled_from("ab{}=~#%:\\[]$/\n<>`* 1->"), max_size=60))
def test_any_file_is_read(said: str) -> None:
    found, left = read(said)
    assert not (found.questions and own.amiss(found))
    assert all(one.line <= said.count("\n") + 1 for one in left)
