"""Files that die last, and those that are kept for a while longer."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

from storage.reaper import Reaper
from storage.segment import Segment

if TYPE_CHECKING:
    from pathlib import Path


def segment_of(path: Path) -> Segment:
    """A segment whose file is there."""
    path.write_bytes(b"rows")
    return Segment(path, 1, 4, 1, 1, (1,), {}, 0)


def test_a_retired_file_stays_while_its_segment_is_in_use(tmp_path: Path) -> None:
    """The file goes with the last reference to the segment, and is forgotten then."""
    forgotten: list[Path] = []
    reaper = Reaper(forgotten.append)
    path = tmp_path / "s.parquet"
    segment: Segment | None = reaper.watch(segment_of(path))
    reaper.retire(path)
    assert path.exists()
    del segment
    gc.collect()
    assert not path.exists()
    assert forgotten == [path]


def test_nothing_is_removed_while_files_are_held(tmp_path: Path) -> None:
    """Files retired, or let go of, within a hold are there until the end of the last one that was begun before."""
    reaper = Reaper(lambda path: None)
    unused, used = tmp_path / "unused.parquet", tmp_path / "used.parquet"
    segment_of(unused)
    segment: Segment | None = reaper.watch(segment_of(used))
    with reaper.hold():
        with reaper.hold():
            reaper.retire(unused)
            reaper.retire(used)
            del segment
            gc.collect()
        assert unused.exists()
        assert used.exists()
    assert not unused.exists()
    assert not used.exists()
