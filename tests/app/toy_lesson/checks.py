"""What has to hold of the toy lesson; run by test_toys in a copy of the project that has it."""

from __future__ import annotations

import pytest

from components.backend.lessons import named, pose, title
from components.panels.write.html import inline
from components.texts import text
from tests.app.conftest import OpenApp
from tests.app.reading import address, html, sound


@pytest.mark.parametrize("seed", range(3))
def test_keras_decides_it(seed: int) -> None:
    posed = pose("toy", 1, seed)
    assert [option.holds for option in posed.options].count(True) == 1
    assert posed.options[posed.right].name == "steps"
    assert posed.said(posed.right) == f"`{posed.words['length']}`"
    assert str(posed.words["length"]) in posed.prompt
    assert named(posed.name) is posed


def test_it_is_listed_and_answered(open_app: OpenApp) -> None:
    assert title("toy") in "".join(html(open_app("lessons")))
    at = open_app("lessons", lesson="toy")
    posed = pose("toy", 1)
    wrong = (posed.right + 1) % len(posed.options)
    at.radio[0].set_value(wrong).run()
    at.button("answered").click().run()
    sound(at)
    assert address(at) == {"lesson": "toy", "answer": str(wrong + 1)}
    assert inline(posed.believed(wrong)) in "".join(html(at))
    at.button("lessons_twin").click().run()
    twin = pose("toy", 1, 1)
    at.radio[0].set_value(twin.right).run()
    at.button("answered").click().run()
    assert inline(text("lessons.right")) in "".join(html(at))
