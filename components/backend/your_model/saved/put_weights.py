"""Puts the weights of a file into a model of Keras 3 that may have lost layers, each into the layer
of its name. Keras itself goes by the order of the layers, which is another one then.

It runs in the process that runs the model, and opens HDF5 there. Keras has no public function that
loads one layer: `saving_lib._load_state` and the functions of `legacy_h5_format` are its own.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from components.backend.question.linked import Message, SettingsError, shown
from components.backend.your_model.saved import known_layers as known
from components.backend.your_model.saved.declared import Declared
from components.backend.your_model.saved.saved_files import ASSETS, SavedFiles, refused

_NUMBER = re.compile(r"_\d+$")  # which Keras puts behind a name that it makes


def put_weights(
    keras: Any, model: Any, declared: Declared, found: SavedFiles, folder: Path
) -> None:
    """Put the file's weights, and the vocabularies beside them, into a model.

    Args:
        folder: to write vocabularies into.

    Raises:
        SettingsError: names, numbers or shapes of weights disagree with the configuration, or what
            is to be read is damaged.
    """
    import h5py  # here, as the server opens no HDF5

    vocabularies = _unpacked(found, folder)
    hdf5 = io.BytesIO(found.weights())
    with _readable(), h5py.File(hdf5, "r") as file:
        if "layer_names" in file.attrs:
            _put_by_names(keras, model, declared, file)
        elif "model_weights" in file:
            _put_by_names(keras, model, declared, file["model_weights"])
        else:
            _put_by_groups(keras, model, declared, hdf5, vocabularies)


def _put_by_groups(
    keras: Any, model: Any, declared: Declared, hdf5: io.BytesIO, vocabularies: Path | None
) -> None:
    """Put weights in as `model.weights.h5` has them: a group for each layer, named for its class
    and its place among the layers of that class."""
    saving = keras.src.saving.saving_lib
    assets = vocabularies and saving.DiskIOStore(str(vocabularies), mode="r")
    visited = set[int]()
    with closing(saving.H5IOStore(hdf5, mode="r")) as store, warnings.catch_warnings():
        # Keras warns of weights that are missing in what a layer lists, and leaves random ones.
        warnings.filterwarnings("error", message="Skipping nested container")
        if declared.is_keras2:
            _take_private_names(store)
        if not declared.groups:
            with _fitting(model.name):
                saving._load_state(model, store, assets, "", visited_saveables=visited)
            return
        _refuse_more(store.h5_file, declared)
        for path, layer in _layers(keras, model):
            group = declared.groups[(*path, layer.name)]
            _refuse_other_name(store.h5_file, group, layer.name, declared)
            with _fitting(layer.name, type(layer).__name__):
                saving._load_state(layer, store, assets, group, visited_saveables=visited)


def _take_private_names(store: Any) -> None:
    """Have Keras find what was private in Keras 2: "_key_dense" where it looks for "key_dense"."""
    plain = store.get

    def get(path: str) -> Any:
        group, _, name = path.rpartition("/")
        old = f"{group}/_{name}"
        return plain(old if path not in store.h5_file and old in store.h5_file else path)

    store.get = get


def _layers(
    keras: Any, model: Any, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Each layer that has weights of its own, with the names of the models around it."""
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from _layers(keras, layer, (*path, layer.name))
        elif not isinstance(layer, keras.layers.InputLayer):
            yield path, layer


def _unpacked(found: SavedFiles, folder: Path) -> Path | None:
    """A folder with the vocabularies, as Keras reads them; None if there are none. Their names are
    safe: an archive with others is refused before."""
    for name in found.assets:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(found.member(name))
    return folder / ASSETS if found.assets else None


def _refuse_more(file: Any, declared: Declared) -> None:
    """Refuse weights of more layers than the configuration has."""
    groups = {group.split("/")[1] for group in declared.groups.values()}
    for name in file.get("layers", ()):
        if name not in groups and _NUMBER.sub("", name) != "input_layer":
            raise _misfit(name)


def _refuse_other_name(file: Any, group: str, name: str, declared: Declared) -> None:
    """Refuse the weights of a layer of another name. Weights beside a .json may be of the same
    model built a second time, whose layers Keras numbers on."""
    if f"{group}/vars" not in file:
        return
    saved = str(file[f"{group}/vars"].attrs.get("name", name))
    is_same = saved == name
    if declared.format == "weights" and declared.is_whole:
        is_same = _NUMBER.sub("", saved) == _NUMBER.sub("", name)
    if not is_same:
        raise _misfit(name)


def _put_by_names(keras: Any, model: Any, declared: Declared, root: Any) -> None:
    """Put weights in as an .h5 has them: a group for each layer, with its name."""
    legacy = keras.src.legacy.saving.legacy_h5_format
    saved = {
        name: legacy.safe_get_h5_group(root, name)
        for name in map(_text, legacy.load_attributes_from_hdf5_group(root, "layer_names"))
    }
    names = {row.name for row in declared.layers if not row.path}
    for name, group in saved.items():
        if name not in names and _weight_names(legacy, group):
            raise _misfit(name)
    for layer in model.layers:
        _put_into(legacy, layer, saved)


def _put_into(legacy: Any, layer: Any, saved: Mapping[str, Any]) -> None:
    """Put weights into one layer of a model, or into a nested model."""
    weights, group = legacy._legacy_weights(layer), saved.get(layer.name)
    names = [] if group is None else _weight_names(legacy, group)
    said = [name.rpartition("/")[2].partition(":")[0] for name in names]
    wanted = [weight.name for weight in weights]
    if said != wanted:
        raise _misfit(layer.name)
    if weights:
        arrays = legacy.load_subset_weights_from_hdf5_group(group)
        with _fitting(layer.name):
            legacy._set_weights(layer, weights, arrays, name=layer.name)


def _weight_names(legacy: Any, group: Any) -> list[str]:
    return [*map(_text, legacy.load_attributes_from_hdf5_group(group, "weight_names"))]


def _misfit(name: str) -> SettingsError:
    return refused(Message("model_misfit", {"name": shown(name)}))


@contextmanager
def _fitting(name: str, kind: str = "") -> Generator[None]:
    """Say so if Keras finds other weights than a layer of that name and class has, or a vocabulary
    that it does not take."""
    try:
        yield
    except (KeyError, ValueError, UserWarning):
        if kind in known.LOOKUPS:  # which have no weights
            raise refused(Message("model_terms", {"name": shown(name)})) from None
        raise _misfit(name) from None


@contextmanager
def _readable() -> Generator[None]:
    """Say so if h5py finds HDF5 damaged. It has no exception of its own for that."""
    try:
        yield
    except (OSError, RuntimeError, KeyError):
        raise refused(Message("no_hdf5")) from None


def _text(name: Any) -> str:
    return name.decode() if isinstance(name, bytes) else str(name)
