"""How much room there is on the disk."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from storage.disk_room import LOOK_EVERY_NS, DiskRoom
from storage.errors import DiskAlmostFull
from tests.small_disk import small_disk

if TYPE_CHECKING:
    from pathlib import Path

MIB = 1 << 20


def test_it_is_looked_at_now_and_then_and_at_once_when_there_was_too_little(tmp_path: Path) -> None:
    """So that a full disk is noticed soon, and one that has been emptied at once."""
    elapsed_ns = 1
    with small_disk(tmp_path / "disk", 8 * MIB) as disk:
        room = DiskRoom(tmp_path / "disk", 2 * MIB, lambda: elapsed_ns)
        room.require()
        disk.fill(but=MIB)
        room.require()
        elapsed_ns += LOOK_EVERY_NS
        for _ in range(2):
            with pytest.raises(DiskAlmostFull, match=r"no room for more rows: 1\.\d MB are free"):
                room.require()
        disk.free()
        room.require()


def test_a_load_needs_room_for_its_log_and_its_file(tmp_path: Path) -> None:
    """Twice its size, besides what is kept."""
    with small_disk(tmp_path / "disk", 8 * MIB):
        room = DiskRoom(tmp_path / "disk", 2 * MIB)
        room.require(2 * MIB)
        with pytest.raises(DiskAlmostFull):
            room.require(4 * MIB)


def test_without_a_reserve_nothing_is_refused(tmp_path: Path) -> None:
    """However large it is."""
    DiskRoom(tmp_path, 0).require(shutil.disk_usage(tmp_path).total)
