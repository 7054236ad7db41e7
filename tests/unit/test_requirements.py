"""An install next year is the same as today's: each package has one version."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, requires, version
from itertools import product
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]

# What a package asks for may depend on these.
SYSTEMS = {
    "linux": {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"},
    "macos": {"sys_platform": "darwin", "platform_system": "Darwin", "os_name": "posix"},
    "windows": {"sys_platform": "win32", "platform_system": "Windows", "os_name": "nt"},
}
PYTHONS = ("3.11", "3.12", "3.13")  # those that TensorFlow has builds for


def lines(file: str) -> list[Requirement]:
    """What a requirements file asks for, in its order."""
    said = (ROOT / file).read_text("utf-8").splitlines()
    return [Requirement(line) for line in said if line and not line.startswith("#")]


def imported() -> list[Requirement]:
    """The first section of requirements.txt: what the app itself imports."""
    first, second = (ROOT / "requirements.txt").read_text("utf-8").split("\n\n")
    assert first.startswith("#")
    assert second.startswith("#")
    return lines("requirements.txt")[: len(first.splitlines()) - 1]


def applies(requirement: Requirement, place: dict[str, str], extras: set[str]) -> bool:
    marker = requirement.marker
    return marker is None or any(marker.evaluate(place | {"extra": e}) for e in {"", *extras})


def name(requirement: Requirement) -> str:
    return canonicalize_name(requirement.name)


def needed(place: dict[str, str]) -> set[str]:
    """The packages that come with what the app imports, by what those here say that they need.

    One that is needed in that place alone is not here, so what it needs itself is not known.
    """
    found: set[str] = set()
    seen: set[tuple[str, frozenset[str]]] = set()
    wanted = imported()
    while wanted:
        asked = wanted.pop()
        if (what := (name(asked), frozenset(asked.extras))) in seen:
            continue
        seen.add(what)
        found.add(name(asked))
        try:
            more = map(Requirement, requires(asked.name) or ())
        except PackageNotFoundError:
            continue
        wanted += [other for other in more if applies(other, place, asked.extras)]
    return found


@pytest.mark.parametrize("file", ["requirements.txt", "tests/requirements.txt"])
def test_every_line_names_one_version(file: str) -> None:
    for line in lines(file):
        (pin,) = line.specifier
        assert pin.operator == "=="
        assert "*" not in pin.version


@pytest.mark.parametrize(("system", "python"), [*product(SYSTEMS, PYTHONS)])
def test_what_comes_with_it_is_pinned_too(system: str, python: str) -> None:
    place = default_environment() | SYSTEMS[system]
    place |= {"python_version": python, "python_full_version": f"{python}.0"}
    pinned = [name(line) for line in lines("requirements.txt") if applies(line, place, set())]
    assert len(pinned) == len(set(pinned))
    assert set(pinned) == needed(place)


def test_what_is_installed_is_what_is_pinned() -> None:
    here = default_environment()
    for line in lines("requirements.txt"):
        if applies(line, here, set()):
            assert version(line.name) in line.specifier
