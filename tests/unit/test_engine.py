"""When Keras is imported, and what is said when it cannot be."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from components.backend import EngineError, Settings, engine, run

Python = Callable[..., str]
Forget = Callable[[], None]

LOADED = "import sys; print([name for name in ('keras', 'tensorflow') if name in sys.modules])"


@pytest.mark.parametrize(
    "code",
    [
        "import components.backend",
        "import components.backend.code, components.backend.facts, components.backend.notebook",
        "from components.backend import *; Settings(units=8)",
        "from components.backend import *\n"
        "try: Settings(units=0)\n"
        "except SettingsError: pass\n"
        "else: raise AssertionError",
        "from components.backend import *\n"
        "try: run(Settings(), weights={'kernel': [0]})\n"
        "except SettingsError: pass\n"
        "else: raise AssertionError",
        "from components.backend.code import *; script(Settings()); notebook(Settings())",
    ],
)
def test_keras_is_not_imported_before_a_run(code: str, python: Python) -> None:
    assert python("-c", f"{code}\n{LOADED}") == "[]\n"


def test_a_run_imports_keras(python: Python) -> None:
    code = f"from components.backend import Settings, run; run(Settings())\n{LOADED}"
    assert python("-c", code) == "['keras', 'tensorflow']\n"


@pytest.mark.parametrize("seed", [0, 1, 715_827_883, 2**31 - 1])
def test_every_matrix_has_a_seed_of_its_own(seed: int) -> None:
    roles = ("embeddings", "kernel", "recurrent_kernel")
    seeds = {engine.weight_seed(Settings(seed=seed), role) for role in roles}
    assert len(seeds) == 3
    assert all(0 <= seed < 2**31 for seed in seeds)


RUN_AND_PRINT_THE_ERROR = """
from components.backend import EngineError, Settings, run
try:
    run(Settings())
except EngineError as error:
    print(error)
"""


@pytest.mark.parametrize("missing", ["keras", "tensorflow"])
def test_keras_that_is_missing(missing: str, python: Python) -> None:
    printed = python("-c", f"import sys; sys.modules[{missing!r}] = None{RUN_AND_PRINT_THE_ERROR}")
    assert printed.startswith("ModuleNotFoundError: ")
    assert missing in printed


def test_keras_that_is_broken(python: Python, tmp_path: Path) -> None:
    (tmp_path / "keras.py").write_text("raise RuntimeError('a broken install')\n")
    printed = python(
        "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r}){RUN_AND_PRINT_THE_ERROR}"
    )
    assert printed == "RuntimeError: a broken install\n"


def test_keras_that_comes_back(forget: Forget, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "keras", None)
        with pytest.raises(EngineError, match="keras"):
            run(Settings())
    assert run(Settings()).returned


def test_an_error_while_building(forget: Forget, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise MemoryError("no room for the kernel")

    monkeypatch.setattr(engine, "_build", fail)
    with pytest.raises(EngineError, match="^MemoryError: no room for the kernel$"):
        run(Settings())


WARM_UP = """
import threading
from components.backend import Settings, is_warm, run, start_warm_up

class Thread(threading.Thread):
    started = []
    def start(self):
        Thread.started.append(self)
        super().start()

threading.Thread = Thread
before = is_warm()
for _ in range(3):
    start_warm_up()
for thread in Thread.started:
    thread.join()
print(before, len(Thread.started), is_warm())
"""


def test_warm_up_runs_once_and_in_the_background(python: Python) -> None:
    printed = python("-c", f"{WARM_UP}print(run(Settings()).tensor('outputs').tolist())")
    warm, outputs = printed.splitlines()
    assert warm == "False 1 True"
    assert outputs == str(run(Settings()).tensor("outputs").tolist())


def test_warm_up_without_keras_leaves_the_error_to_the_run(python: Python) -> None:
    code = f"import sys; sys.modules['keras'] = None{WARM_UP}{RUN_AND_PRINT_THE_ERROR}"
    warm, error = python("-c", code).splitlines()
    assert warm == "False 1 True"  # there is nothing left to wait for
    assert error.startswith("ModuleNotFoundError: ")


SESSION = """
import keras
keras.src.backend.common.global_state.set_global_attribute("kept", True)
keras.backend.clear_session()
print(keras.src.backend.common.global_state.get_global_attribute("kept"))
"""


def test_only_the_engine_clears_the_session_of_a_server(python: Python) -> None:
    run_one = "from components.backend import Settings, run\nrun(Settings())\n"
    assert python("-c", f"{run_one}{SESSION}") == "None\n"
    assert python("-c", f"{WARM_UP}{SESSION}").splitlines()[-1] == "True"


class NotWanted(BaseException):
    """Stands for what Streamlit raises in a run that another has replaced."""


def not_wanted() -> None:
    raise NotWanted


def test_what_is_not_wanted_any_more_is_not_computed(forget: Forget) -> None:
    run(Settings())
    before = engine._builds
    with engine.asking(not_wanted), pytest.raises(NotWanted):
        run(Settings(units=7))
    assert engine._builds == before
    assert run(Settings(units=7)).returned
    assert engine._builds == before + 1


def test_whoever_stops_wanting_it_leaves_the_queue(forget: Forget) -> None:
    """While somebody else has Keras, and without waiting for him to be done."""
    run(Settings())
    before, left = engine._builds, threading.Event()

    def ask() -> None:
        with engine.asking(not_wanted), pytest.raises(NotWanted):
            run(Settings(units=9))
        left.set()

    with engine.alone():
        threading.Thread(target=ask, daemon=True).start()
        assert left.wait(60)
    assert engine._builds == before


FEW_FILES = """
import os, resource
from components.backend import EngineError, Settings, run
run(Settings())
resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))
taken = []
try:
    while True:
        taken.append(os.dup(0))
except OSError:
    pass
try:
    run(Settings(units=5))
except EngineError as error:
    print(error)
for file in taken:
    os.close(file)
print(len(run(Settings(units=5)).returned))
"""


def test_without_files_to_open_nothing_is_computed_and_nothing_ends(python: Python) -> None:
    error, returned = python("-c", FEW_FILES).splitlines()
    assert error.startswith("OSError: ")
    assert returned == "3"
