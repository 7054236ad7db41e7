"""Where Keras is missing, raises, or disagrees with the replay: said on the page, never drawn."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
import threading
from ast import literal_eval
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import pytest
from streamlit.testing.v1 import AppTest

from components.backend import Settings, Setup
from components.backend.cells import CELLS
from components.backend.origins.recorded import recorded
from components.backend.question.linked import choices
from components.backend.running import answers, engine, keras_model, replay, results
from components.backend.scripts.code import unpack_line
from components.backend.scripts.script import script
from components.panels.layer.explore import ExploreView
from components.texts import text
from tests.app.conftest import APP, OpenApp
from tests.app.reading import (
    all_markdown,
    charts,
    html,
    move,
    shows,
    sound,
    widget,
    widgets,
    without_code,
    worked_out,
)
from tests.page import unpacked

pytestmark = pytest.mark.usefixtures("forget")

TABS = choices(ExploreView, "tab")

NOTES = "<b>no</b> **kernel** `here`"


def raising(error: Exception) -> Any:
    def instead(*_: Any, **__: Any) -> NoReturn:
        raise error

    return instead


def perturbed(name: str) -> Any:
    """The replay, a little off in one of the states."""
    unroll = replay.unroll

    def instead(*args: Any, **kwargs: Any) -> Any:
        steps = unroll(*args, **kwargs)
        return steps._replace(**{name: getattr(steps, name) + 1e-3})

    return instead


def says(
    at: AppTest,
    kind: str,
    detail: str,
    settings: Settings | None = None,
    drawn: Sequence[str] = (),
) -> None:
    """One error of that kind, with its detail and what to do; the sidebar, and no run's picture.

    What Keras itself said is for the log alone: it can be long, and name the server's folders.

    Args:
        settings: those of Explore, of which the shapes are told all the same.
        drawn: the charts that take no run.
    """
    assert not at.exception
    (error,) = at.error
    assert error.value.startswith(f"**{text(f'errors.{kind}')}** ")
    assert detail in error.value
    assert detail not in without_code(error.value)
    assert text(f"errors.{kind}_do") in all_markdown(at)
    assert charts(at) == [*drawn]
    assert not at.table
    assert not at.dataframe
    if settings is None:
        # Both ways shows its call all the same, as Explore does.
        assert not [body for body in html(at) if "rnn-both-ways" not in body]
        return
    assert set(Setup.model_fields) & widgets(at).keys()
    assert unpacked(html(at)) == [unpack_line(settings)]
    assert not [body for body in html(at) if "rnn-facts" in body]
    assert not worked_out(at)
    assert widget(at, "tab").options == [text(f"explore_view.tab.options.{name}") for name in TABS]
    assert text("explore.no_run") in [caption.value for caption in at.caption]


CURVES = {"notebook": ["activations"]}  # which take no run


@pytest.mark.parametrize("page", ["explore", "notebook"])
@pytest.mark.parametrize("where", ["engine._import_keras", "keras_model._build"])
def test_keras_raises(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch, page: str, where: str
) -> None:
    monkeypatch.setattr(f"components.backend.running.{where}", raising(ImportError(NOTES)))
    at = open_app(page)
    shown = Settings() if page == "explore" else None
    says(at, "engine", "ImportError", shown, CURVES.get(page, ()))
    assert NOTES not in at.error[0].value


def test_tabs_that_need_no_run_are_drawn_all_the_same(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keras_model, "_build", raising(ValueError("not today")))
    at = open_app(tab=TABS[-1], units="6")
    for name in TABS:
        move(at, "tab", name)
        assert not at.exception
        assert len(at.error) == 1
        assert charts(at) == []
        nothing = text("explore.no_run") in [caption.value for caption in at.caption]
        assert nothing == (name not in ("shapes", "code"))
        codes = [code.value for code in at.code]
        assert (script(Settings(units=6)).strip() in codes) == (name == "code")
        assert len(at.table) == (name == "shapes")


def test_a_wrong_link_is_reported_beside_a_failure(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keras_model, "_build", raising(ValueError("not today")))
    at = open_app(units="999", step="0")
    says(at, "engine", "ValueError", Settings(units=512))
    (told,) = at.main.warning
    assert "- units: `999`" in told.value
    assert "- step: `0`" in told.value


def test_the_page_comes_back_once_keras_does(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(keras_model, "_build", raising(ValueError("not today")))
        at = open_app(cell="GRU", units="6")
        says(at, "engine", "ValueError", Settings(cell="GRU", units=6))
        move(at, "units", 5)
        says(at, "engine", "ValueError", Settings(cell="GRU", units=5))
    at.run()
    sound(at)
    shows(at, Settings(cell="GRU", units=5))


def test_values_that_grow_too_far(open_app: OpenApp) -> None:
    settings = Settings(
        cell="SimpleRNN", activation="linear", units=2, embedding=False, tokens=((1,) * 30,)
    )
    edits = {"edits": "recurrent_kernel.h.0.0=1000"}
    at = open_app(**Setup.of(settings).to_query() | edits)
    says(at, "grown", "h is too large for a 32-bit number", settings)
    for page in ("edit", "compare", "calls", "influence"):
        at = open_app(page, **Setup.of(settings).to_query() | edits)
        assert not at.exception
        assert text("errors.grown") in "".join(error.value for error in at.error)


LATE_TENSORFLOW = """
import os, sys, time
while not os.path.exists({goes_on!r}):
    time.sleep(0.1)
if not os.path.exists({comes!r}):
    raise ImportError("not yet")
sys.path.remove({here!r})
del sys.modules["tensorflow"]
import tensorflow
"""

WATCH_IT_COME = f"""
import os, sys, time
from pathlib import Path
from streamlit.testing.v1 import AppTest
from components.backend import start_warm_up
from components.backend.running import engine
from components.texts import text
from tests.app.reading import charts
engine.PATIENCE, engine.RETRY = 0.5, 0.5
start_warm_up()

def page(until):
    for _ in range(600):
        at = AppTest.from_file({str(APP)!r}, default_timeout=120)
        at.query_params["units"] = "5"
        at.run()
        assert not at.exception
        said = [e.value for e in at.error]
        if until(said):
            assert len(charts(at)) + len(at.get("plotly_chart")) == 2 * (not said)
            assert at.slider
            return said + [m.value for m in at.main.markdown if said]
        time.sleep(1)  # a page that is run all the time keeps TensorFlow from loading
    raise SystemExit(f"still says {{said}}")

for kind, file in zip(("slow", "start"), sys.argv[1:], strict=True):
    begins = f"**{{text('errors.' + kind)}}**"
    print(page(lambda said: said and said[0].startswith(begins)))
    Path(file).touch()
print(page(lambda said: not said), flush=True)
os._exit(0)  # without waiting for who is in TensorFlow, which would end in an abort
"""


@pytest.mark.whole
def test_a_start_that_hangs_or_fails_is_reported_and_made_up_for(tmp_path: Path) -> None:
    """In a process of its own, with a TensorFlow that hangs until a file is there and fails until
    another is: nobody is left waiting, nobody else has to wait for the same again, the log has it
    once, and once TensorFlow comes the page is drawn."""
    goes_on, comes = str(tmp_path / "goes_on"), str(tmp_path / "comes")
    late = LATE_TENSORFLOW.format(goes_on=goes_on, comes=comes, here=str(tmp_path))
    (tmp_path / "tensorflow.py").write_text(late)
    env = {k: v for k, v in os.environ.items() if not k.startswith(("TF_", "KERAS_"))}
    env["PYTHONPATH"] = os.pathsep.join((str(tmp_path), str(APP.parents[1])))
    done = subprocess.run(
        [sys.executable, "-B", "-c", WATCH_IT_COME, goes_on, comes],
        cwd=APP.parents[1],
        env=env,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    hung, failed, then = map(literal_eval, done.stdout.splitlines())
    assert hung[0].startswith(f"**{text('errors.slow')}**")
    assert failed[0].startswith(f"**{text('errors.start')}**")
    assert "`ImportError`" in failed[0]
    assert text("errors.start_do") in failed
    assert "not yet" not in str(failed)
    assert str(tmp_path) not in done.stdout
    assert done.stderr.count("ImportError: not yet") == 1  # in the server's log
    assert then == []


@pytest.mark.parametrize("cell", CELLS)
def test_a_replay_that_disagrees_is_an_error(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch, cell: str
) -> None:
    monkeypatch.setattr(replay, "unroll", perturbed("hidden"))
    detail = "outputs: the recomputed steps differ"
    says(open_app(cell=cell), "mismatch", detail, Settings(cell=cell))
    if cell == "GRU":
        says(open_app("notebook"), "mismatch", detail, drawn=CURVES["notebook"])


def test_a_recorded_run_that_disagrees_is_an_error(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What stands in while TensorFlow loads is replayed and checked like any other run."""
    monkeypatch.setattr(engine, "_loaded", threading.Event())
    monkeypatch.setattr(replay, "unroll", perturbed("hidden"))
    recorded.cache_clear()
    says(open_app(), "mismatch", "outputs: the recomputed steps differ", Settings())


def test_a_cell_state_that_disagrees_is_an_error(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What goes wrong in c alone, which no output shows, is found too."""
    monkeypatch.setattr(replay, "unroll", perturbed("cell"))
    says(open_app(), "mismatch", "state_c: the recomputed steps differ", Settings())


def test_a_count_that_differs_is_said(open_app: OpenApp, forget: None) -> None:
    """A parameter count other than model.count_params() is an error on its tab."""
    settings = Settings()
    wrong = dataclasses.replace(results.run(settings), parameter_count=1)
    answers.forget()
    answers.cached(results.run_key(settings), lambda: wrong)
    at = open_app(tab="parameters")
    assert not at.exception
    total = sum(array.size for array in wrong.weights.values())
    assert [e.value for e in at.error] == [text("parameters.wrong", total=total, counted=1)]
