"""Gradients in a browser: a step is clicked."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from playwright.sync_api import expect

from components.texts import text
from tests.browser.dashboard import NewPage, at_step, expect_marked, figure, visit
from tests.browser.driver import VIEWPORT, settle

pytestmark = pytest.mark.whole


def test_a_step_is_chosen_by_a_click(new_page: NewPage) -> None:
    page = new_page(viewport=VIEWPORT)
    visit(page, "/influence?token=7")
    page.locator(".st-key-change").scroll_into_view_if_needed()
    settle(page)
    page.mouse.click(*at_step(page, 4, "change"))
    expect(
        page.get_by_role("spinbutton", name=text("influence_view.changed_step.label"))
    ).to_have_value("4")
    settle(page)
    expect_marked(page, 4, "influence", "change")
    assert parse_qs(urlsplit(page.url).query) == {"changed_step": ["4"], "token": ["7"]}
    (h,) = (np.array(t["z"]) for t in figure(page, "change")[:1])
    assert not h[:, :3].any()
    assert h[:, 3:].any()
