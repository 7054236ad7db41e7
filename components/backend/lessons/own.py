"""A lesson of one's own, read from a text that a teacher types, and written as one again.

    # Shapes

    Which shape comes back?
    ```
    x = LSTM(4)(x)

    print(x.shape)
    ```
    /?cell=GRU&return_sequences=false
    - `(1, 10, 4)`
      > That is every h: return_sequences=True.
    * `(1, 4)`

    Which cell would you take?
    - LSTM
    - GRU

A blank line stands between two questions, and below the title. The title, a question's block of
code, its link, the * of the right option and the explanations may be left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit

from components.backend.lessons.question import Page, as_now
from components.backend.question.linked import Message, Problem, SettingsError, refusal, shown
from components.texts import has_text

MOST_QUESTIONS, LEAST_OPTIONS, MOST_OPTIONS = 12, 2, 8

# The link has the text, and what passes a link on takes 64 kB: nginx as it is set up, and the
# messages of a page. A letter of Korean takes nine bytes of a link.
MOST_CHARACTERS = 6000

ALLOWED = Message(
    "own",
    {
        "questions": MOST_QUESTIONS,
        "least": LEAST_OPTIONS,
        "options": MOST_OPTIONS,
        "characters": MOST_CHARACTERS,
    },
)

# The list of pages is the panels', which stand above this: here a page is known by its texts.
_FIRST = "explore"  # the page whose address has no name
# Of lines without the spaces at their ends.
_TITLE = re.compile(r"\s*#\s+(\S.*)")
_OPTION = re.compile(r"\s*([-*])\s+(\S.*)")
_EXPLANATION = re.compile(r"(?:\s*>\s*|\s+)(\S.*)")
_FENCE = re.compile(r"\s*(`{3,})\s*[\w.+-]*\s*")
_CODE_SPAN = re.compile(r"((?<!`)`[^`]+`(?!`))")
_UNSEEN = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff]")  # a database may refuse these

_MARK = re.compile(r"[!-/:-@\[-`{-~]")
_MARKED = re.compile(r"(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`)|\\(?P<mark>.)|\u2060", re.DOTALL)

Line = tuple[int, str]
"""A line, and its number from 1."""


class Written(NamedTuple):
    """A question as it was typed."""

    prompt: str = ""
    options: tuple[str, ...] = ()
    right: int | None = None
    """The index of the right option; None if it is left open."""
    explained: tuple[str, ...] = ()
    """By option: what is said to those who chose it, and with the answer if it is the right one; ""
    if nothing is."""
    code: str = ""
    """The lines of code below the prompt; "" without."""
    link: str = ""
    """The link to the page on which the answer is seen; "" without."""

    @property
    def page(self) -> Page | None:
        """The page to which its link leads; None if it leads to none."""
        return page_of(self.link) if self.link else None


class Lesson(NamedTuple):
    """A title and questions, in which there may be mistakes."""

    title: str
    """"" without one."""
    questions: tuple[Written, ...]


def read(said: str) -> tuple[Written, ...]:
    """The questions of a text."""
    return lesson(said).questions


@lru_cache(256)
def lesson(said: str) -> Lesson:
    """The title and the questions of a text.

    Raises:
        SettingsError: it is too long, or not written as this module's docstring says.
    """
    _require(len(said) <= MOST_CHARACTERS, Message("characters", {"count": len(said)}))
    lines = list(enumerate(said.splitlines(), 1))
    for line in lines:
        _require(not _UNSEEN.search(line[1]), Message("own_line", _at(line)))
    found = list(_blocks([(number, line.rstrip()) for number, line in lines]))
    title = ""
    if found and len(found[0]) == 1 and (head := _TITLE.fullmatch(found[0][0][1])):
        title, found = head[1], found[1:]
    _require(found, Message("own_nothing"))
    read = Lesson(title, tuple(map(_question, found)))
    if wrong := amiss(read):
        raise SettingsError(wrong)
    return read


def amiss(lesson: Lesson) -> Problem | None:
    """The first mistake in a lesson, by its question; None if there is none."""
    found = next(_mistakes(lesson), None)
    return Problem("own", found, ALLOWED) if found else None


def _mistakes(lesson: Lesson) -> Iterator[Message]:
    count = len(lesson.questions)
    if not count:
        yield Message("own_nothing")
    if count > MOST_QUESTIONS:
        yield Message("own_questions", {"count": count})
    for number, asked in enumerate(lesson.questions, 1):
        at = {"number": number}
        if not asked.prompt:
            yield Message("own_prompt", at)
        if _OPTION.fullmatch(asked.prompt):
            yield Message("own_first", at | {"shown": shown(asked.prompt)})
        if asked.link and not asked.page:
            yield Message("own_page", at | {"shown": shown(asked.link)})
        options = [option for option in asked.options if option]
        if not LEAST_OPTIONS <= len(options) <= MOST_OPTIONS:
            yield Message("own_options", at | {"count": len(options)})
        explained = zip(asked.options, asked.explained, strict=True)
        if any(said and not option for option, said in explained):
            yield Message("own_explained", at)
        if twice := [option for option in options if options.count(option) > 1]:
            yield Message("own_same", at | {"shown": shown(twice[0])})
    if (length := len(written(lesson))) > MOST_CHARACTERS:
        yield Message("characters", {"count": length})


def written(lesson: Lesson) -> str:
    """The text from which `lesson` reads this, if there is no mistake in it. An option of which
    nothing is typed is left out."""
    head = [f"# {lesson.title}"] if lesson.title else []
    return "\n\n".join((*head, *map(_written, lesson.questions)))


def tidy_code(code: str) -> str:
    """Code without blank lines above and below it, and without spaces at the ends of its lines."""
    return "\n".join(_seen(line).rstrip() for line in code.splitlines()).strip("\n")


def tidy_line(said: str) -> str:
    """A text as one line, without spaces at its ends."""
    return _seen(" ".join(said.splitlines())).strip()


def _seen(said: str) -> str:
    """A text without the characters that cannot be seen."""
    return _UNSEEN.sub("", said)


def fence_of(code: str) -> str:
    """The mark above and below a block of this code: longer than any in it."""
    return "`" * max(3, 1 + max(map(len, re.findall("`+", code)), default=0))


def mistake(said: str) -> Problem | None:
    """The first mistake in a text; None if it is a lesson."""
    try:
        read(said)
    except SettingsError as error:
        return error.problems[0]
    return None


def checked(said: str) -> str:
    """The text itself, if it is empty or a lesson: a validator for a field of pydantic's.

    Raises:
        PydanticCustomError: it is refused.
    """
    if said and (found := mistake(said)):
        raise refusal(found)
    return said


def code_split(typed: str) -> list[str]:
    """A text's parts: words and, at every second place, code with its backticks."""
    return _CODE_SPAN.split(typed)


def literal(typed: str) -> str:
    """The Markdown that reads as what was typed, whatever that is, with code in backticks as
    code."""
    words_and_code = code_split(typed)
    words_and_code[::2] = map(_literal, words_and_code[::2])
    return "".join(words_and_code)


def literal_prompt(asked: Written) -> str:
    """The Markdown of a question: of its words, and of the code below them as a block."""
    prompt, fence = literal(asked.prompt), fence_of(asked.code)
    return f"{prompt}\n\n{fence}\n{asked.code}\n{fence}" if asked.code else prompt


def typed(markdown: str, *, marks: bool = True) -> str:
    """The text from which `literal` made this Markdown.

    Args:
        marks: whether with the backticks of its code.
    """

    def said(found: re.Match[str]) -> str:
        if ticks := found["ticks"]:
            return found[0] if marks else found[0].strip(ticks[0]).strip("\n")
        return found["mark"] or ""

    return _MARKED.sub(said, markdown)


def _literal(typed: str) -> str:
    # Streamlit draws :icons: and links to www.sites even where marks are escaped; a character that
    # is not seen keeps it from that.
    return _MARK.sub(r"\\\g<0>", re.sub("[:.]", "\N{WORD JOINER}\\g<0>", typed))


def _blocks(lines: Iterable[Line]) -> Iterator[list[Line]]:
    """The lines of each question. A blank line within its code does not end it."""
    block: list[Line] = []
    fence, has_options = None, False
    for line in lines:
        if not (line[1].strip() or fence):
            if block:
                yield block
            block, has_options = [], False
            continue
        if fence:
            fence = None if _closes(line, fence[1]) else fence
        elif block and not has_options and (opening := _FENCE.fullmatch(line[1])):
            fence = line, opening[1]
        has_options = has_options or (not fence and bool(_OPTION.fullmatch(line[1])))
        block.append(line)
    if fence:
        raise SettingsError(Problem("own", Message("own_fence", _at(fence[0])), ALLOWED))
    if block:
        yield block


def _closes(line: Line, fence: str) -> bool:
    said = line[1].strip()
    return said.startswith(fence) and not said.strip("`")


def _question(block: Sequence[Line]) -> Written:
    """The question of a block of lines."""
    (_, prompt), *rest = block
    code, link = _taken_code(rest), ""
    if rest and not _OPTION.fullmatch(rest[0][1]):
        line = rest.pop(0)
        link = line[1].strip()
        _require(page_of(link), Message("own_link", _at(line)))
    code = code or _taken_code(rest)
    return Written(prompt.strip(), *_options(rest), code, link)


def _taken_code(rest: list[Line]) -> str:
    """The code in a block that these lines begin with, which it takes out of them."""
    opening = _FENCE.fullmatch(rest[0][1]) if rest else None
    if not opening:
        return ""
    end = next(at for at, line in enumerate(rest) if at and _closes(line, opening[1]))
    code = tidy_code("\n".join(said for _, said in rest[1:end]))
    del rest[: end + 1]
    return code


def _options(lines: Iterable[Line]) -> tuple[tuple[str, ...], int | None, tuple[str, ...]]:
    """The options, the index of the right one, and the explanations."""
    options, right, explained = list[str](), None, list[list[str]]()
    for line in lines:
        if option := _OPTION.fullmatch(line[1]):
            if option[1] == "*":
                _require(right is None, Message("own_rights", _at(line)))
                right = len(options)
            options.append(option[2])
            explained.append([])
            continue
        explanation = _EXPLANATION.fullmatch(line[1]) if options else None
        if explanation is None:
            raise SettingsError(Problem("own", Message("own_option", _at(line)), ALLOWED))
        explained[-1].append(explanation[1])
    return tuple(options), right, tuple(map(" ".join, explained))


def _written(asked: Written) -> str:
    """The lines of a question."""
    fence = fence_of(asked.code)
    code = [fence, asked.code, fence] if asked.code else []
    lines = [line for line in (asked.prompt, *code, asked.link) if line]
    for at, option in enumerate(asked.options):
        if option:
            lines.append(f"{'*' if at == asked.right else '-'} {option}")
            lines += [f"  > {asked.explained[at]}"] if asked.explained[at] else []
    return "\n".join(lines)


def page_of(said: str) -> Page | None:
    """The page of this app that a link leads to, whatever server it names; None if it leads to none
    of them."""
    try:
        link = urlsplit(said.strip())
    except ValueError:
        return None
    name = link.path.rpartition("/")[2] or _FIRST
    is_link = link.scheme in ("", "http", "https") and name.isidentifier()
    if not is_link:
        return None
    page = as_now(Page(name, dict(parse_qsl(link.query, keep_blank_values=True))))
    return page if has_text(f"pages.{page.name}.title") else None


def address_of(page: Page) -> str:
    """The address of a page on this server."""
    query = f"?{urlencode(page.query)}" if page.query else ""
    return f"/{'' if page.name == _FIRST else page.name}{query}"


def _require(holds: Any, otherwise: Message) -> None:
    if not holds:
        raise SettingsError(Problem("own", otherwise, ALLOWED))


def _at(line: Line) -> dict[str, Any]:
    """The values with which a problem's text names a line."""
    number, said = line
    return {"line": number, "shown": shown(said.strip())}
