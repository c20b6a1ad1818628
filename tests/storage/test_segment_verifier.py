"""Each segment is held to its checksum once, before its first reader has it."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from storage.compaction import plan_compaction
from storage.engine import Storage
from storage.errors import CorruptSegment
from storage.segment import Integrity
from storage.segment_file import CHUNK_BYTES
from storage.segment_verifier import SegmentVerifier
from tests.storage.harness import FULL, KEY_AND_TEXT, SMALL_CACHES, create_table, find, flush, insert, open_storage

if TYPE_CHECKING:
    from pathlib import Path

    from storage.catalog_entries import Table
    from storage.segment import Segment


class Stopped(Exception):
    """the reader was stopped"""


class Watch:
    """What a verifier has told of."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []

    def on_damage(self, segment: Segment, fault: str) -> None:
        """Note it."""
        self.told.append((segment.path.name, fault))


def stop() -> None:
    """The step of a reader that was stopped."""
    raise Stopped


def go_on() -> None:
    """The step of one that was not."""


def written(data_dir: Path) -> tuple[Table, Segment]:
    """A table with one segment, of a storage that is closed by now."""
    storage = open_storage(data_dir)
    table = create_table(storage)
    insert(storage, table, *[(n, f"v{n}") for n in range(500)]).result()
    (segment,) = flush(storage, table)
    assert segment.integrity.is_verified, "this process has written it"
    storage.close()
    return table, segment


def opened(data_dir: Path, watch: Watch, *, is_on: bool = True) -> Storage:
    """The data folder, opened again."""
    return Storage.open(data_dir, replace(SMALL_CACHES, verifier=SegmentVerifier(is_on, watch.on_damage)))


def damage(path: Path) -> None:
    """Change a bit in the middle."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 4
    path.write_bytes(content)


def only_segment(storage: Storage, table: Table) -> Segment:
    """The segment of the table."""
    (segment,) = storage.snapshot(table.oid).segments
    return segment


def test_the_first_reader_verifies(tmp_path: Path) -> None:
    """Later ones read what they need, and no more: so a change since is not seen by another verification."""
    table, _ = written(tmp_path)
    storage = opened(tmp_path, watch := Watch())
    segment = only_segment(storage, table)
    assert not segment.integrity.is_verified
    assert find(storage, table, 7) == (7, "v7")
    assert segment.integrity.is_verified
    damage(segment.path)
    storage.snapshot(table.oid).require_whole([segment], stop)
    assert not watch.told
    storage.close()


def test_damage_becomes_a_fault_of_the_segment(tmp_path: Path) -> None:
    """It is told once, is known to snapshots that were taken before, and keeps compactions away."""
    table, segment = written(tmp_path)
    damage(segment.path)
    storage = opened(tmp_path, watch := Watch())
    before = storage.snapshot(table.oid)
    assert only_segment(storage, table).fault is None
    for _ in range(2):
        with pytest.raises(CorruptSegment, match=f"segment {segment.path.name} cannot be read: its checksum is"):
            storage.snapshot(table.oid).require_whole([only_segment(storage, table)], go_on)
    with pytest.raises(CorruptSegment, match=segment.path.name):
        before.scan()
    assert [name for name, _ in watch.told] == [segment.path.name]
    assert plan_compaction(storage, table.oid, FULL) is None
    storage.close()


def test_it_can_be_switched_off(tmp_path: Path) -> None:
    """Nothing is read then, and nothing known."""
    table, segment = written(tmp_path)
    damage(segment.path)
    storage = opened(tmp_path, Watch(), is_on=False)
    storage.snapshot(table.oid).require_whole([only_segment(storage, table)], stop)
    assert not only_segment(storage, table).integrity.is_verified
    storage.close()


def test_a_reader_can_be_stopped(tmp_path: Path) -> None:
    """Between pieces, and while it waits for another one; the next reader begins anew."""
    _, segment = written(tmp_path)
    segment = replace(segment, integrity=Integrity(is_verified=False))
    verifier = SegmentVerifier()
    with pytest.raises(Stopped):
        verifier.require_whole(segment, stop)
    with segment.integrity.turn, pytest.raises(Stopped):
        verifier.require_whole(segment, stop)
    assert not segment.integrity.is_verified
    verifier.require_whole(segment, go_on)
    assert segment.integrity.is_verified


def test_of_many_readers_one_verifies(tmp_path: Path) -> None:
    """The others wait for what it finds."""
    _, segment = written(tmp_path)
    damage(segment.path)
    segment = replace(segment, integrity=Integrity(is_verified=False))
    watch, barrier = Watch(), threading.Barrier(4)
    verifier = SegmentVerifier(on_damage=watch.on_damage)

    def read() -> bool:
        barrier.wait(60)
        with pytest.raises(CorruptSegment):
            verifier.require_whole(segment)
        return True

    with ThreadPoolExecutor(4) as workers:
        assert all(each.result(60) for each in [workers.submit(read) for _ in range(4)])
    assert len(watch.told) == 1


def test_a_segment_of_an_older_server_is_held_to_its_pages(tmp_path: Path) -> None:
    """Its manifest entry has no checksum of the file."""
    _, segment = written(tmp_path)
    older = replace(segment, integrity=Integrity(is_verified=False), checksum=None)
    steps: list[None] = []
    SegmentVerifier().require_whole(older, lambda: steps.append(None))
    assert older.integrity.is_verified
    assert len(steps) == len(KEY_AND_TEXT) + 1
    damage(segment.path)
    damaged = replace(older, integrity=Integrity(is_verified=False))
    with pytest.raises(CorruptSegment, match=segment.path.name):
        SegmentVerifier().require_whole(damaged)
    assert damaged.fault is not None


def test_a_file_that_cannot_be_opened_may_come_back(tmp_path: Path) -> None:
    """It is an error that names it, but no fault of the segment."""
    _, segment = written(tmp_path)
    segment = replace(segment, integrity=Integrity(is_verified=False))
    aside = segment.path.rename(tmp_path / "aside")
    with pytest.raises(CorruptSegment, match=segment.path.name):
        SegmentVerifier().require_whole(segment)
    aside.rename(segment.path)
    SegmentVerifier().require_whole(segment)


def test_a_file_of_several_pieces(tmp_path: Path) -> None:
    """Its reader is asked behind each whether to go on."""
    storage = open_storage(tmp_path)
    table = create_table(storage)
    insert(storage, table, *[(n, f"{hash((n, 1)):x}" * 8) for n in range(90_000)]).result()
    (segment,) = flush(storage, table)
    storage.close()
    pieces = -(-segment.bytes // CHUNK_BYTES)
    assert pieces > 1
    steps: list[None] = []
    SegmentVerifier().require_whole(
        replace(segment, integrity=Integrity(is_verified=False)), lambda: steps.append(None)
    )
    assert len(steps) == pieces
