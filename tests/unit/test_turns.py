"""A session's account of the seconds for which it may keep the server busy."""

from __future__ import annotations

import pytest

from components.panels.page.turns import ABOUT, LEAST, MOST, SHARE, Account, count_others

DEAR = 0.4
"""Seconds that a run on the dearest stack takes."""


def runs_in(seconds: float, cost: float, others: int) -> int:
    """How many runs of that cost a session gets that asks for one after the other."""
    account, now, runs = Account(0.0), 0.0, 0
    while (now := now + account.wait(others, now)) < seconds:
        now += cost
        account.charge(cost, others, now)
        runs += 1
    return runs


@pytest.mark.parametrize("others", [1, 3])
def test_who_asks_without_end_gets_a_share_of_the_time(others: int) -> None:
    used = DEAR * runs_in(1000, DEAR, others)
    assert used == pytest.approx(1000 * SHARE / others + MOST, abs=2 * DEAR)


def test_who_is_alone_never_waits_and_is_not_charged() -> None:
    assert runs_in(1000, 0.5, others=0) == 2000
    account = Account(0.0)
    for now in range(100):
        account.charge(100.0, 0, now)
    assert account.wait(1, 100.0) == 0  # as others come in


def test_a_class_that_works_all_at_once_gets_whatever_the_server_can_do() -> None:
    class_ = 30
    assert class_ * LEAST > 2  # seconds of work a second: more than one Python and Keras do
    step, share = 0.1, 1 / class_
    account, now = Account(0.0), 0.0
    for _ in range(1000):
        assert account.wait(class_ - 1, now) == 0
        now += step / share
        account.charge(step, class_ - 1, now)


def test_a_step_now_and_then_never_waits() -> None:
    account = Account(0.0)
    for second in range(1000):
        assert account.wait(3, second) == 0
        account.charge(0.1, 3, second)


def test_nobody_waits_for_longer_than_it_takes_to_pay_back_the_most() -> None:
    account = Account(0.0)
    for _ in range(5):
        account.charge(100.0, 29, 0.0)
    wait = account.wait(29, 0.0)
    assert 0 < wait <= MOST / LEAST
    assert account.wait(29, wait) == 0


def test_others_are_those_who_had_something_run_lately() -> None:
    mine, his, hers = Account(0.0), Account(0.0), Account(5.0)
    accounts = {mine, his, hers}
    assert count_others(mine, accounts, 5.0) == 2
    assert count_others(mine, accounts, ABOUT + 1) == 1
    his.charge(0.1, 0, ABOUT + 1)
    assert count_others(mine, accounts, ABOUT + 1) == 2
    assert count_others(mine, accounts, 3 * ABOUT) == 0
