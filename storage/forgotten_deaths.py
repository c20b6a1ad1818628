"""Deaths of rows that are gone themselves: a flush or a compaction has left them out, and forgets that they died."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from storage.dead import pack_death, within
from storage.keys import pack_seq

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storage.dead import DeadLog
    from storage.kv import Batch
    from storage.table_state import TableState

FEW: Final = 64
"""Up to so many are removed one by one: thousands of small stores would leave thousands of range tombstones, which
every look-up has to mind."""


def add_forgotten_deaths(
    batch: Batch, state: TableState, dead: DeadLog, length: int, ranges: Sequence[tuple[int, int]]
) -> None:
    """Append the removal of the first `length` deaths of a log, of those in some ranges of seqs, ascending.

    All other deaths there stay: of rows that have died since, and of those whose deaths are not durable yet. It is done
    in the way that takes less.
    """
    gone = dead.first_within(length, ranges)
    seqs, times_us = state.deaths_since(dead, length)
    stays = within(seqs, ranges)
    prefix = state.dead_prefix
    if len(gone) <= max(FEW, int(stays.sum())):
        for seq in gone.tolist():
            batch.delete(prefix + pack_seq(seq))
        return
    for first, last in ranges:
        batch.delete_range(prefix + pack_seq(first), prefix + pack_seq(last + 1))
    for seq, died_at_us in zip(seqs[stays].tolist(), times_us[stays].tolist(), strict=True):
        batch.put(prefix + pack_seq(seq), pack_death(died_at_us))
