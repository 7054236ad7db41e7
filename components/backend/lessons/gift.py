r"""A lesson of one's own as Moodle's GIFT, and back.

    $CATEGORY: Shapes

    [markdown]Which shape comes back?\n\n```\nprint(x.shape)\n```{
    ~`(1, 10, 4)`#That is every h\: return\\_sequences\=True.
    =`(1, 4)`
    ####Explore\: `/?cell\=GRU`
    }

docs.moodle.org/en/GIFT_format has the format; Moodle's own reader takes it as written here. The
page that shows the answer is named without a server: that of a class is gone when Moodle asks. Of a
question without a right option every option has the same share of the mark: Moodle takes no
question that gives none.

No library reads it for us. The one on PyPI that names its licence and runs on this Python,
pygiftparser 1.1 of 2017, leaves escapes in the texts, cuts an answer off at an escaped brace, and
works for 17 seconds on 57 characters: `Q{=a####` with 24 times `[]`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from html import escape
from html.parser import HTMLParser
from itertools import groupby
from typing import Literal, NamedTuple

from markdown_it import MarkdownIt

from components.backend.lessons.own import (
    Lesson,
    Page,
    Written,
    address_of,
    amiss,
    code_split,
    fence_of,
    page_of,
    tidy_code,
)
from components.texts import text

Kind = Literal["description", "essay", "true_false", "short", "matching", "number", "several"]
"""The kinds of questions that a lesson does not have."""

Reason = Kind | Literal["unlike", "beyond"]
"""Why a question is not taken: also as it is unlike a lesson's in another way, or one too many."""


class Left(NamedTuple):
    """A question that was not taken."""

    line: int  # in the file, from 1
    reason: Reason


class Imported(NamedTuple):
    """What was read of a file."""

    lesson: Lesson
    """One without a mistake, or without questions."""
    left: tuple[Left, ...]


# Written.

_CONTROL = re.compile(r"[\\:#={}~]")
_MARKED = re.compile(r"[\\`*_\[\]]")
_BEGINS = re.compile(r"[#>+~%-]|\d+[.)]")  # a heading, a quote, a list, code, a weight
_SHARES = 5  # decimals, as Moodle has a third


def written(lesson: Lesson) -> str:
    """A lesson as GIFT."""
    # A slash is a level of Moodle's categories; two are a slash.
    head = [f"$CATEGORY: {lesson.title.replace('/', '//')}"] if lesson.title else []
    return "\n\n".join((*head, *map(_written, lesson.questions))) + "\n"


def _written(asked: Written) -> str:
    prompt = _marked(asked.prompt)
    if asked.code:
        fence = fence_of(asked.code)
        prompt += f"\n\n{fence}\n{asked.code}\n{fence}"
    lines = [f"[markdown]{_escaped(prompt)}{{"]
    for at, option in enumerate(asked.options):
        sign = "=" if at == asked.right else "~"
        share = "" if asked.right is not None else f"%{_share(len(asked.options))}%"
        explained = _escaped(_marked(asked.explained[at]))
        line = f"{sign}{share}{_escaped(_marked(option))}"
        lines.append(f"{line}#{explained}" if explained else line)
    if asked.page:
        lines.append(f"####{_escaped(_seen_on(asked.page))}")
    return "\n".join((*lines, "}"))


def _share(options: int) -> str:
    """An option's share of the mark, in percent."""
    return f"{100 / options:.{_SHARES}f}".rstrip("0").rstrip(".")


def _seen_on(page: Page) -> str:
    """The page on which the answer is seen, in Markdown."""
    name = text(f"pages.{page.name}.title")
    return f"{_marked(name)}: `{address_of(page)}`"


def _marked(typed: str) -> str:
    """The Markdown that Moodle shows as what was typed, with code in backticks as code."""
    words_and_code = code_split(typed)
    words_and_code[::2] = (
        _MARKED.sub(r"\\\g<0>", words.replace("&", "&amp;").replace("<", "&lt;"))
        for words in words_and_code[::2]
    )
    # Of a space at either end of code Markdown takes one off.
    words_and_code[1::2] = (re.sub("^` (.*) `$", r"`  \1  `", c) for c in words_and_code[1::2])
    marked = "".join(words_and_code)
    return f"&#{ord(marked[0])};{marked[1:]}" if _BEGINS.match(marked) else marked


def _escaped(markdown: str) -> str:
    """A text of which nothing is a mark of GIFT's."""
    return _CONTROL.sub(r"\\\g<0>", markdown).replace("\n", r"\n")


# Read.

_TOKEN = re.compile(r"\\[\\:#={}~n]|.", re.DOTALL)
_FORMAT = re.compile(r"\s*\[(html|moodle|plain|markdown|auto)\]", re.IGNORECASE)
_WEIGHT = re.compile(r"%(-?\d+(?:\.\d*)?)%")
_COMMENT = re.compile(r"<!--.*?(?:-->|$)", re.DOTALL)  # HTMLParser would look for each end anew
_NO_TAG = re.compile(r"<(?!/?[a-zA-Z][^<>]*>)")  # as in "x < y", which people type unescaped
_PAGE = re.compile(r"[^`]+: `(/[^`]*)`")  # as `_seen_on` writes it
_PLACE = re.compile(r"\$(course|module|coursecat|system)\$")  # in a category: a place in Moodle

Tokens = Sequence[str]
"""Characters; one of two characters is escaped."""


class _LeftError(Exception):
    """A question is not one that a lesson can have."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason: Reason = reason


def is_gift(said: str) -> bool:
    """Whether a text that is no lesson has a question as GIFT writes it."""
    found = [answers for _, block in _blocks(said) if (answers := _parts(block)[1]) is not None]
    has_options = re.search(r"^\s*[-*]\s", said, re.MULTILINE)
    return any({"~", "="} & {*answers} or not has_options for answers in found)


def read(said: str) -> Imported:
    """The lesson of a file: its questions with one right option, or none. Its title is the name of
    the first category."""
    title, questions, left = "", list[Written](), list[Left]()
    for line, block in _blocks(said):
        if block.startswith("$CATEGORY:"):
            name, _, block = block.removeprefix("$CATEGORY:").partition("\n")
            title = title or _category(name)
        if not block.strip():
            continue
        try:
            questions.append(_taken(_question(block), title, questions))
        except _LeftError as error:
            left.append(Left(line, error.reason))
    return Imported(Lesson(title, tuple(questions)), tuple(left))


def _taken(asked: Written, title: str, before: Sequence[Written]) -> Written:
    """The question itself, if a lesson can have it after these."""
    if amiss(Lesson("", (asked,))):
        raise _LeftError("unlike")
    if amiss(Lesson(title, (*before, asked))):
        raise _LeftError("beyond")
    return asked


def _blocks(said: str) -> Iterator[tuple[int, str]]:
    """What stands between blank lines, without comments, and the number of its first line."""
    lines = [(number, line.strip()) for number, line in enumerate(said.splitlines(), 1)]
    for filled, block in groupby(lines, key=lambda line: bool(line[1])):
        kept = [line for line in block if not line[1].startswith("//")]
        if filled and kept:
            yield kept[0][0], "\n".join(line for _, line in kept)


def _category(name: str) -> str:
    """The last name of a category's path."""
    *above, last = re.split(r"(?<!/)/(?!/)", name.strip())
    is_place = _PLACE.fullmatch(last) or (above and last == "top")
    return "" if is_place else last.replace("//", "/").strip()


def _parts(block: str) -> tuple[Tokens, Tokens | None, Tokens]:
    """What stands before the answers, the answers without their braces, and what stands after them;
    None for the answers if there are none."""
    tokens = _TOKEN.findall(block)
    if "{" not in tokens:
        return tokens, None, ()
    opened = tokens.index("{")
    closed = tokens.index("}", opened) if "}" in tokens[opened:] else len(tokens)
    return tokens[:opened], tokens[opened + 1 : closed], tokens[closed + 1 :]


def _question(block: str) -> Written:
    before, answers, after = _parts(block)
    if answers is None:
        raise _LeftError("description")
    answers, general = _general(answers)
    _require_choice(answers)
    before, form = _formatted(_without_name(before))
    prompt, code = _worded(before, form)
    if rest := _worded(_plain(after), form)[0]:
        prompt = f"{prompt} _____ {rest}"
    found = [_option(each, form) for each in _split(answers)]
    right = _right([weight for *_, weight in found])
    link, said = _general_said(_plain(general), form)
    explained = [explanation for _, explanation, _ in found]
    if said and right is not None:
        explained[right] = " ".join(filter(None, (explained[right], said)))
    options = tuple(option for option, *_ in found)
    return Written(prompt, options, right, tuple(explained), code, link)


def _require_choice(answers: Tokens) -> None:
    """Refuse answers that are not options of which to choose."""
    said = "".join(answers).strip()
    if not said:
        raise _LeftError("essay")
    if said.startswith("#"):
        raise _LeftError("number")
    if "~" in answers:
        return
    if "->" in said:
        raise _LeftError("matching")
    if re.match(r"(T|F|TRUE|FALSE)\s*(#|$)", said):
        raise _LeftError("true_false")
    raise _LeftError("short")


def _general(answers: Tokens) -> tuple[Tokens, Tokens]:
    """The answers, and what is said with all of them."""
    for at in range(len(answers) - 3):
        if [*answers[at : at + 4]] == ["#"] * 4:
            return answers[:at], answers[at + 4 :]
    return answers, ()


def _split(answers: Tokens) -> Iterator[Tokens]:
    """The options, each with its sign."""
    starts = [at for at, token in enumerate(answers) if token in ("~", "=")]
    for start, end in zip(starts, [*starts[1:], len(answers)], strict=True):
        yield answers[start:end]


def _option(tokens: Tokens, form: str) -> tuple[str, str, float]:
    """An option, its explanation, and its share of the mark in percent."""
    sign, *rest = tokens
    cut = rest.index("#") if "#" in rest else len(rest)
    # Its sign, a weight and then a format may stand before an option.
    said, weight = _plain(rest[:cut]).strip(), 100.0 if sign == "=" else 0.0
    if found := _WEIGHT.match(said):
        said, weight = said[found.end() :], float(found[1])
    option, _ = _worded(*_formatted(said, form))
    explanation, _ = _worded(*_formatted(_plain(rest[cut + 1 :]), form))
    return option, explanation, weight


def _right(weights: Sequence[float]) -> int | None:
    """The index of the option that is right; None if all have the same share.

    Raises:
        _LeftError: several are right.
    """
    if len({*weights}) == 1 and weights[0] < 100:
        return None
    right = [at for at, weight in enumerate(weights) if weight > 0]
    if len(right) != 1:
        raise _LeftError("several")
    return right[0]


def _general_said(said: str, form: str) -> tuple[str, str]:
    """The link to a page of this app that is said with all answers, and what else is."""
    read = _read(*_formatted(said, form))
    said = _one_line("".join(read.words))
    named = _PAGE.fullmatch(said)
    links = [*read.links, named[1] if named else ""]
    link = next((each for each in links if each and page_of(each)), "")
    return (link, "") if link else ("", said)


def _plain(tokens: Iterable[str]) -> str:
    """A text without GIFT's escapes."""
    return "".join("\n" if token == r"\n" else token[-1] for token in tokens)


def _without_name(tokens: Tokens) -> str:
    """A question without the name that may stand before it between colons."""
    said = "".join(tokens).strip()
    named = re.match(r"::(?:\\.|[^\\])*?::", said, re.DOTALL)
    return _plain(_TOKEN.findall(said[named.end() :] if named else said))


def _formatted(said: str, form: str = "moodle") -> tuple[str, str]:
    """A text, and the format that it says it is in, or else this one."""
    found = _FORMAT.match(said)
    return (said[found.end() :], found[1].lower()) if found else (said, form)


def _worded(said: str, form: str) -> tuple[str, str]:
    """A text's words as a line, and the lines of its code."""
    read = _read(said, form)
    return _one_line("".join(read.words)), "\n\n".join(map(tidy_code, read.code))


def _read(said: str, form: str) -> _Html:
    """A text in one of GIFT's formats."""
    if form == "plain":
        said = escape(said)
    elif form == "markdown":
        said = _markdown().render(said)
    read = _Html()
    read.feed(_NO_TAG.sub("&lt;", _COMMENT.sub("", said)))
    read.close()
    return read


def _one_line(words: str) -> str:
    return " ".join(line.strip() for line in words.splitlines() if line.strip())


@cache
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark")


class _Html(HTMLParser):
    """Reads the words of HTML, the code of its <pre>, and where its links lead."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.code: list[str] = []
        self.links: list[str] = []
        self.in_code = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a block of code, a piece of code, or a line."""
        if tag == "pre":
            self.in_code = True
            self.code.append("")
        elif tag == "code" and not self.in_code:
            self.words.append("`")
        elif tag in ("br", "p", "div", "li"):
            self._take("\n")
        elif tag == "a":
            self.links.append(dict(attrs).get("href") or "")

    def handle_endtag(self, tag: str) -> None:
        """End what `handle_starttag` began."""
        if tag == "pre":
            self.in_code = False
        elif tag == "code" and not self.in_code:
            self.words.append("`")
        elif tag in ("p", "div", "li"):
            self._take("\n")

    def handle_data(self, data: str) -> None:
        """Take a text."""
        self._take(data)

    def _take(self, said: str) -> None:
        if self.in_code:
            self.code[-1] += said
        else:
            self.words.append(said)
