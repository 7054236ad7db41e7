"""The table that every benchmark prints."""

from collections.abc import Sequence
from dataclasses import dataclass

HEADINGS = ("figure", "measured", "floor", "target", "")


@dataclass(frozen=True)
class Row:
    """One figure, the floor measured beside it in the same run, and the most that it may be."""

    figure: str
    measured: float
    unit: str = "ms"
    floor: float | None = None
    at_most: float | None = None

    @property
    def missed(self) -> bool:
        return self.at_most is not None and not self.measured <= self.at_most

    def cells(self) -> tuple[str, ...]:
        def show(value: float | None) -> str:
            return "-" if value is None else f"{value:#.3g} {self.unit}".replace(". ", " ")

        target = "-" if self.at_most is None else f"<= {self.at_most:g} {self.unit}"
        verdict = "" if self.at_most is None else "missed" if self.missed else "met"
        return self.figure, show(self.measured), show(self.floor), target, verdict


def show_table(title: str, rows: Sequence[Row]) -> str:
    lines = [HEADINGS, *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    text = [
        "  ".join(
            cell.rjust(width) if 0 < column < 4 else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]
    return "\n".join((title, text[0], "-" * len(text[0]), *text[1:]))
