"""The cells of a column of VALUES as they are written, kept so that they are quickly let go of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROWS_A_PIECE: Final = 5_000
"""Rows that are read together: short enough for the loop to get its turn in between."""

_BETWEEN: Final = "\0"
"""No text of SQL has this character."""


class CellTexts:
    """The texts of a column, row after row, in pieces of `ROWS_A_PIECE` rows, the last of which may have less.

    Each piece is one string. Who lets go of a statement's tree is the collector, in whatever thread it runs, the loop's
    too: hundreds of thousands of strings would hold that up for tens of milliseconds.
    """

    def __init__(self) -> None:
        self._pieces: list[str] = []

    def append(self, cells: Sequence[str]) -> None:
        """Add the next piece. Raises `ValueError` if a text has a NUL in it."""
        piece = _BETWEEN.join(cells)
        if piece.count(_BETWEEN) >= len(cells):
            raise ValueError("a text with a NUL")
        self._pieces.append(piece)

    def piece(self, number: int) -> list[str]:
        """The texts of some rows, from row `number * ROWS_A_PIECE` on."""
        return self._pieces[number].split(_BETWEEN)

    def __iter__(self) -> Iterator[str]:
        for number in range(len(self._pieces)):
            yield from self.piece(number)
