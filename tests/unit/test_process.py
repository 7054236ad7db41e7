"""What holds in a process of its own: what it imports and when, and that it counts the same."""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from components.backend import Settings, run
from components.backend.whatif import influence
from tests.unit.test_run import KINDS, Numbers, numbers

Forget = Callable[[], None]
Python = Callable[..., str]


def loaded() -> list[str]:
    """Which of the heavy packages this process has imported."""
    return [name for name in ("keras", "tensorflow") if name in sys.modules]


def is_session_kept() -> bool:
    """Whether Keras's session outlives what Streamlit does after every run of a script."""
    import keras

    state = keras.src.backend.common.global_state
    state.set_global_attribute("kept", True)
    keras.backend.clear_session()
    return state.get_global_attribute("kept") is not None


# Before anything runs

WITHOUT_KERAS = """
import json
from tests.unit.test_process import loaded
found = []
for code in {codes!r}:
    exec(code, {{}})
    found.append(loaded())
print(json.dumps(found))
"""


def test_keras_is_not_imported_before_a_run(python: Python) -> None:
    codes = [
        "import components.backend",
        "import components.backend.scripts.code, components.backend.running.facts\n"
        "import components.backend.origins.notebook",
        "from components.backend import *; Settings(units=8)",
        "from components.backend import *\n"
        "try: Settings(units=0)\n"
        "except SettingsError: pass\n"
        "else: raise AssertionError",
        "from components.backend import *\n"
        "try: run(Settings(), weights={'kernel': [0]})\n"
        "except SettingsError: pass\n"
        "else: raise AssertionError",
        "from components.backend import Settings\n"
        "from components.backend.scripts.code import notebook\n"
        "from components.backend.scripts.script import script\n"
        "notebook(script(Settings()))",
    ]
    found = json.loads(python("-c", WITHOUT_KERAS.format(codes=codes)))
    assert dict(zip(codes, found, strict=True)) == {code: [] for code in codes}


# A process that serves no pages yet, and then does

FEW_FILES = """
import os, resource
from components.backend import EngineError, Settings, run
from tests.unit.test_process import is_session_kept, loaded
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
    without_files = str(error)
for file in taken:
    os.close(file)
then = len(run(Settings(units=5)).returned)
before = [loaded(), is_session_kept()]
"""

WARM_UP = """
import threading
from components.backend import Settings, is_warm, run, start_warm_up

class Thread(threading.Thread):
    started = []
    def start(self):
        Thread.started.append(self)
        super().start()

threading.Thread = Thread
was_warm = is_warm()
for _ in range(3):
    start_warm_up()
for thread in Thread.started:
    thread.join()
warm_up = [was_warm, len(Thread.started), is_warm()]
"""

SERVER = """
import json
from tests.unit.test_process import is_session_kept, mixed
from tests.unit.test_run import numbers
found = {{"without_files": without_files, "then": then, "before": before, "warm_up": warm_up}}
found["numbers"] = [numbers(run(each)) for each in mixed({seeds})]
print(json.dumps(found | {{"kept": is_session_kept()}}))
"""


def mixed(seeds: int) -> list[Settings]:
    return [kind.but(seed=seed) for seed in range(seeds) for kind in KINDS]


@pytest.fixture(scope="module", params=[2, pytest.param(8, marks=pytest.mark.soak)])
def server(request: pytest.FixtureRequest, python: Python) -> dict[str, Any]:
    """What a process of its own says that had no files left, was then warmed up as one that serves
    pages, and ran the mixed settings in turn."""
    found = json.loads(python("-c", FEW_FILES + WARM_UP + SERVER.format(seeds=request.param)))
    return found | {"settings": mixed(request.param)}


def test_without_files_to_open_nothing_is_computed_and_nothing_ends(server: dict[str, Any]) -> None:
    assert server["without_files"].startswith("OSError: ")
    assert server["then"] == 3


def test_a_process_that_serves_no_pages_leaves_the_session_to_keras(server: dict[str, Any]) -> None:
    assert server["before"] == [["keras", "tensorflow"], False]


def test_warm_up_runs_once_and_in_the_background(server: dict[str, Any]) -> None:
    assert server["warm_up"] == [True, 1, True]


def test_another_process_gives_the_same_numbers(server: dict[str, Any], forget: Forget) -> None:
    here = [numbers(run(settings)) for settings in reversed(server["settings"])]
    assert here == server["numbers"][::-1]


def test_eight_threads_at_once_give_the_same_numbers(
    server: dict[str, Any], forget: Forget
) -> None:
    settings = server["settings"]

    def visitor(number: int) -> dict[Settings, Numbers]:
        own_order = random.Random(number).sample(settings, len(settings))
        return {each: numbers(run(each)) for each in own_order}

    with ThreadPoolExecutor(8) as threads:
        seen = list(threads.map(visitor, range(8)))
    expected = dict(zip(settings, server["numbers"], strict=True))
    assert seen == [expected] * 8


def test_only_the_engine_clears_the_session_of_a_server(server: dict[str, Any]) -> None:
    assert server["kept"]


TELL_THE_ERROR = """
from components.backend import EngineError, Settings, run
try:
    run(Settings())
except EngineError as error:
    print(error)
"""


def test_warm_up_without_keras_leaves_the_error_to_the_run(python: Python) -> None:
    code = f"import sys; sys.modules['keras'] = None{WARM_UP}print(warm_up){TELL_THE_ERROR}"
    warm, error = python("-c", code).splitlines()
    assert warm == "[False, 1, True]"  # there is nothing left to wait for
    assert error.startswith("ModuleNotFoundError: ")


@pytest.mark.parametrize("missing", ["keras", "tensorflow"])
def test_keras_that_is_missing(missing: str, python: Python) -> None:
    printed = python("-c", f"import sys; sys.modules[{missing!r}] = None{TELL_THE_ERROR}")
    assert printed.startswith("ModuleNotFoundError: ")
    assert missing in printed


def test_keras_that_is_broken(python: Python, tmp_path: Path) -> None:
    (tmp_path / "keras.py").write_text("raise RuntimeError('a broken install')\n")
    printed = python("-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r}){TELL_THE_ERROR}")
    assert printed == "RuntimeError: a broken install\n"


# A process that has set up Keras, or TensorFlow, in its own way


def test_another_backend_is_told_and_left_as_it_is(python: Python) -> None:
    chosen = "import os; os.environ['KERAS_BACKEND'] = 'jax'"
    told = python("-c", f"{chosen}{TELL_THE_ERROR}print(os.environ['KERAS_BACKEND'])")
    error, backend = told.splitlines()
    assert error.startswith("KERAS_BACKEND names the backend 'jax', but RNN Lens needs")
    assert backend == "jax"


@pytest.mark.whole
def test_keras_with_another_backend_is_told(python: Python, tmp_path: Path) -> None:
    # Keras itself, but that it says so: no other backend is installed.
    (tmp_path / "with_jax.py").write_text("import keras; keras.config.backend = lambda: 'jax'\n")
    begun = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import with_jax"
    error = python("-c", begun + TELL_THE_ERROR)
    assert error.startswith("Keras was imported with the backend 'jax', but RNN Lens needs")


LEFT_ALONE = """
import json, os
os.environ["TF_NUM_INTRAOP_THREADS"] = os.environ["TF_NUM_INTEROP_THREADS"] = "2"
{first}
before = dict(os.environ)
from components.backend import Settings, run
run(Settings())
import tensorflow
after = {{n: v for n, v in os.environ.items() if n.startswith(("TF_", "KERAS_"))}}
changed = {{n: v for n, v in after.items() if v != before.get(n)}}
graphs = tensorflow.config.optimizer.get_experimental_options()["disable_meta_optimizer"]
print(json.dumps([changed, graphs]))
"""


@pytest.mark.whole
def test_what_a_run_changes_in_the_process_is_what_readme_says(python: Python) -> None:
    said = Path("components/backend/README.md").read_text("utf-8")
    changed, graphs = json.loads(python("-c", LEFT_ALONE.format(first="")))
    assert changed == {
        "KERAS_BACKEND": "tensorflow",
        "TF_ENABLE_ONEDNN_OPTS": "0",
        "TF_NUM_INTRAOP_THREADS": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    assert all(f"`{name}={value}`" in said for name, value in changed.items())
    assert graphs is False
    assert json.loads(python("-c", LEFT_ALONE.format(first="import keras"))) == [{}, False]


UNDER_A_POLICY = """
import json
from components.backend import Settings, run
from components.backend.whatif import influence
from tests.unit.test_process import KINDS
from tests.unit.test_run import numbers
run(Settings(seed=9))  # imports TensorFlow as the numbers of a page need it
import keras
found = []
for policy, floats in (("float32", "float32"), ("mixed_float16", "float32"),
                       ("mixed_bfloat16", "float32"), ("float64", "float64")):
    keras.config.set_floatx(floats)
    keras.config.set_dtype_policy(policy)
    seed = len(found)
    runs = [run(kind.but(seed=seed, dropout=0.25)) for kind in KINDS]
    gradients = influence.answer(influence.Question(settings=Settings(seed=seed))).gradients
    kept = keras.config.dtype_policy().name, keras.config.floatx()
    found.append([[numbers(each) for each in runs], gradients.tolist(), kept])
print(json.dumps(found))
"""


def test_a_policy_of_the_process_changes_no_number(python: Python, forget: Forget) -> None:
    found = json.loads(python("-c", UNDER_A_POLICY))
    policies = ("float32", "mixed_float16", "mixed_bfloat16", "float64")
    for seed, (policy, (runs, gradients, kept)) in enumerate(zip(policies, found, strict=True)):
        assert kept == [policy, "float64" if policy == "float64" else "float32"]
        here = [numbers(run(kind.but(seed=seed, dropout=0.25))) for kind in KINDS]
        assert runs == here
        question = influence.Question(settings=Settings(seed=seed))
        assert gradients == influence.answer(question).gradients.tolist()
