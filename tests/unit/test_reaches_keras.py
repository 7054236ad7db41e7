"""Every setting reaches Keras, and the script that the pages show."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

from components.backend import EngineError, Settings, run
from components.backend.question.linked import TextCodec, annotation_of, bounds, choices
from components.backend.running import engine, keras_layers, keras_model
from components.backend.running.model import plain
from components.backend.scripts.script import script
from tests.scripts import executed

READ = {"tokens", "values", "input_scaling"}
"""The settings that are no argument of a Keras layer: the numbers that the layer reads."""


def another(name: str) -> Any:
    """A value that is not the setting's default, by its type, choices or bounds."""
    default = Settings.model_fields[name].default
    if isinstance(default, bool):
        return not default
    if options := choices(Settings, name):
        return next(option for option in options if option != default)
    if codec := annotation_of(Settings, name, TextCodec):
        return codec.read("1, 2")
    low, high = bounds(Settings, name)
    return default + 1 if default < high else low


def changed() -> list[Any]:
    """Each setting, of a layer of each cell for which it has an effect, with an Embedding if that
    leaves it one."""
    found = []
    for name, cell in product(Settings.model_fields, choices(Settings, "cell")):
        bases = (Settings(cell=cell, embedding=embedding) for embedding in (True, False))
        base = next((base for base in bases if base.applies(name)), None)
        if base and getattr(base, name) != another(name):
            found.append(pytest.param(name, base, id=f"{name}-{cell}"))
    return found


def configs(inputs: Any, *layers: Any) -> dict[str, Any]:
    """What Keras says of the input, the Embedding if there is one, and the recurrent layer."""
    found = {"inputs": (inputs.shape, inputs.dtype), "cell": type(layers[-1]).__name__}
    for layer in layers:
        kind = "recurrent" if layer is layers[-1] else type(layer).__name__
        found |= {f"{kind}.{name}": value for name, value in layer.get_config().items()}
    return found


def built(settings: Settings) -> dict[str, Any]:
    """Those of the model that is run."""
    with engine.use_keras() as (keras, _):
        made = keras_model._build(keras, plain(settings))
        return configs(*made.inputs, *made.readers, *made.layers)


def written(settings: Settings) -> dict[str, Any]:
    """Those of the model that the script builds."""
    model = executed(script(settings))[0]["model"]
    return configs(*model.inputs, *model.layers[1:])


@pytest.mark.parametrize(("name", "base"), changed())
def test_a_setting_reaches_keras_and_the_script(name: str, base: Settings) -> None:
    """What it changes of the layers that Keras builds, it changes of those of the script."""
    settings = base.but(**{name: another(name)})
    value = f"{name}={getattr(settings, name)!r}"
    before, after = built(base), built(settings)
    moved = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
    if name in READ:
        assert not np.array_equal(run(base).returned[0].values, run(settings).returned[0].values), (
            f"{value} changes no number that Keras returns"
        )
    else:
        assert moved, (
            f"{value} does not reach Keras: the layers are built as with {getattr(base, name)!r}. "
            "Is it in KERAS_DEFAULTS (layout.py), and does nothing override it (keras_layers.py)?"
        )
    codes = script(base), script(settings)
    assert codes[0] != codes[1], f"the script does not say {value}"
    if f"recurrent.{name}" in moved and name != "units":  # that is not said by its name
        assert any(f"{name}=" in code for code in codes), f"the script does not say {name}="
    expected = {key: after.get(key) for key in moved}
    found = written(settings)
    assert {key: found.get(key) for key in moved} == expected, (
        f"the script builds another layer than is run with {value}"
    )


def test_every_setting_is_changed() -> None:
    assert {case.values[0] for case in changed()} == {*Settings.model_fields}


def test_nothing_overrides_a_setting() -> None:
    said = "given twice, as a setting and beside it: use_bias"
    with pytest.raises(EngineError, match=said), engine.use_keras() as (keras, _):
        keras_layers.recurrent(keras, Settings(), 0, use_bias=False)
