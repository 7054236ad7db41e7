"""Measure the promises about speed and memory, each beside its yardstick, in one run.

    .venv/bin/python -m tests.benchmarks                 everything, about ten minutes
    .venv/bin/python -m tests.benchmarks slider load     some of the tables
    .venv/bin/python -m tests.benchmarks --steps 60      more samples for each median

Needs what `tests/run` installs. Leave the machine alone meanwhile. Exit status 1: a target was
missed. To add a figure, return one more `Row` from a measuring function; to add a table, one more
entry in TABLES.
"""

import argparse
import sys
from collections.abc import Callable

from tests.benchmarks import backend, first_visit, learn, load, opening, room, slider
from tests.benchmarks.table import Row, show_table

TABLES: dict[str, tuple[str, Callable[[argparse.Namespace], list[Row]]]] = {
    "slider": (
        "One slider step until the page is still (medians)",
        lambda arguments: slider.measure(arguments.steps),
    ),
    "opening": (
        "Opening the page, and moving its playhead (medians)",
        lambda arguments: opening.measure(arguments.steps // 3),
    ),
    "sizes": (
        "One slider step at small and large sizes (medians)",
        lambda arguments: opening.measure_sizes(arguments.steps // 4),
    ),
    "load": ("One process, many visitors, new settings", lambda _: load.measure()),
    "class": ("A class that opens one link at once", lambda _: load.measure_class()),
    "first-visit": (
        "What a phone loads at a first visit",
        lambda _: first_visit.measure(),
    ),
    "visits": ("Resident memory of a server", lambda _: load.measure_visits()),
    "room": ("A class of phones in a room", lambda _: room.measure()),
    "learn": ("Training a cell, and watching it", lambda _: learn.measure()),
    "backend": (
        "components.backend.run, an LSTM (medians)",
        lambda arguments: backend.measure_time(arguments.steps),
    ),
    "memory": (
        "Resident memory of one process",
        lambda arguments: backend.measure_memory(arguments.settings),
    ),
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("tables", nargs="*", metavar="table", help=", ".join(TABLES))
    parser.add_argument("--steps", type=int, default=30, help="samples for each median")
    parser.add_argument("--settings", type=int, default=3000, help="settings for the memory figure")
    arguments = parser.parse_args()
    if unknown := set(arguments.tables) - set(TABLES):
        parser.error(f"no such table: {', '.join(sorted(unknown))}")
    missed = False
    for name in arguments.tables or TABLES:
        title, measure = TABLES[name]
        rows = measure(arguments)
        print(f"\n{show_table(title, rows)}", flush=True)
        missed |= any(row.missed for row in rows)
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
