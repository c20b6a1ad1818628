"""A log that was torn by a loss of power: what is before its end is there, and nothing else."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.errors import StorageError
from storage.kv import KeyValueStore
from tests.storage.harness import create_table, flush, insert, open_storage, rows_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.server_process import ServerProcess

COMMITS = 40
ROWS_A_COMMIT = 3


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[int]]:
    """A data folder as a kill leaves it, and how long its log was after each commit of so many rows, from none."""
    folder = tmp_path_factory.mktemp("torn")
    storage = open_storage(folder / "running")
    table = create_table(storage)
    (log,) = (folder / "running" / "hot").glob("*.log")
    lengths = [log.stat().st_size]
    for commit in range(COMMITS):
        first = commit * ROWS_A_COMMIT
        insert(storage, table, *[(n, f"v{n}" * 20) for n in range(first, first + ROWS_A_COMMIT)]).result()
        lengths.append(log.stat().st_size)
    shutil.copytree(folder / "running", folder / "killed")
    storage.close()
    return folder / "killed", lengths


def opened(folder: Path, change: Callable[[Path], None]) -> tuple[list[int], str | None]:
    """The ids that are there once the newest log has been changed so, and what is said of damage."""
    copy = folder.with_name("copy")
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(folder, copy)
    change(max((copy / "hot").glob("*.log")))
    storage = open_storage(copy)
    (table,) = storage.catalog.tables.values()
    found = [row[0] for row in rows_of(storage.snapshot(table.oid))]
    damage = storage.damage
    storage.close()
    storage = open_storage(copy)
    assert storage.damage is None
    assert [row[0] for row in rows_of(storage.snapshot(table.oid))] == found
    storage.close()
    return found, damage


def ids(commits: int) -> list[int]:
    """Those of the first commits."""
    return list(range(commits * ROWS_A_COMMIT))


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_a_log_that_is_cut_has_every_commit_before_the_cut(killed: tuple[Path, list[int]], data: st.DataObject) -> None:
    """Each of them whole, none behind it; a cut through one is told of. The next start finds nothing wrong."""
    folder, lengths = killed
    cut = data.draw(st.integers(lengths[0], lengths[-1]))
    whole = max(number for number, length in enumerate(lengths) if length <= cut)
    found, damage = opened(folder, lambda log: os.truncate(log, cut))
    assert found == ids(whole)
    assert (damage is None) == (lengths[whole] == cut)


@pytest.mark.parametrize("count", [1, 5_000, 100_000])
def test_zeros_behind_the_end_are_no_damage(killed: tuple[Path, list[int]], count: int) -> None:
    """Space that was allocated for the log and never written."""
    folder, lengths = killed

    def append(log: Path) -> None:
        os.truncate(log, lengths[-1] + count)

    found, damage = opened(folder, append)
    assert found == ids(COMMITS)
    assert damage is None or count < 7


@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_a_changed_byte_ends_the_log_and_is_told_of(killed: tuple[Path, list[int]], data: st.DataObject) -> None:
    """What is before its commit is there, and nothing of it or behind it: no hole."""
    folder, lengths = killed
    place = data.draw(st.integers(lengths[0], lengths[-1] - 1))

    def change(log: Path) -> None:
        content = bytearray(log.read_bytes())
        # A checksum of the record: other bits of a header may make it one of another kind.
        number = max(number for number, length in enumerate(lengths) if length <= place)
        content[lengths[number]] ^= 0x55
        log.write_bytes(content)

    whole = max(number for number, length in enumerate(lengths) if length <= place)
    found, damage = opened(folder, change)
    assert found == ids(whole)
    assert damage is not None
    assert "checksum mismatch" in damage


GARBAGE_KINDS = (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 129, 130, 255)
"""Of records, those of recycled logs among them."""


@settings(max_examples=40, deadline=None)
@given(
    kind=st.sampled_from(GARBAGE_KINDS),
    length=st.sampled_from([0, 1, 100, 65535]),
    zeros=st.sampled_from([0, 40_000]),
    rest=st.binary(max_size=300),
)
def test_garbage_behind_the_end_is_never_read_for_ever(
    killed: tuple[Path, list[int]], kind: int, length: int, zeros: int, rest: bytes
) -> None:
    """Everything that was committed is there, and the next start finds nothing wrong."""
    folder, _ = killed
    garbage = bytes(zeros) + bytes(4) + length.to_bytes(2, "little") + bytes([kind]) + rest
    found, _ = opened(folder, lambda log: log.write_bytes(log.read_bytes() + garbage))
    assert found == ids(COMMITS)


def test_a_record_that_would_be_read_for_ever_is_told_of(killed: tuple[Path, list[int]]) -> None:
    """As any other damage; and read-only nothing is changed, so that such a folder is refused."""
    folder, _ = killed
    garbage = bytes(6) + bytes([5]) + b"rest of what nobody has written"
    found, damage = opened(folder, lambda log: log.write_bytes(log.read_bytes() + garbage))
    assert (found, damage is None) == (ids(COMMITS), False)
    shutil.rmtree(folder.with_name("copy"))
    shutil.copytree(folder, folder.with_name("copy"))
    log = max((folder.with_name("copy") / "hot").glob("*.log"))
    log.write_bytes(log.read_bytes() + garbage)
    with pytest.raises(StorageError, match=f"{log.name} is damaged at byte {killed[1][-1]}"):
        KeyValueStore(log.parent, 8 << 20, read_only=True)


def test_garbage_behind_the_manifest_is_told_of(killed: tuple[Path, list[int]]) -> None:
    """RocksDB cannot know what the files of the folder are then: it says so, rather than read for ever."""
    copy = killed[0].with_name("copy")
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(killed[0], copy)
    (manifest,) = (copy / "hot").glob("MANIFEST-*")
    manifest.write_bytes(manifest.read_bytes() + bytes(6) + bytes([5]) + b"rest")
    with pytest.raises(StorageError, match="Corruption"):
        open_storage(copy)


def test_files_that_a_damaged_log_no_longer_names_are_kept(tmp_path: Path) -> None:
    """Until the next start: they may be all that is left of rows."""
    storage = open_storage(tmp_path / "running")
    table = create_table(storage)
    insert(storage, table, (1, "a")).result()
    (log,) = (tmp_path / "running" / "hot").glob("*.log")
    length = log.stat().st_size
    (segment,) = flush(storage, table)
    shutil.copytree(tmp_path / "running", tmp_path / "killed")
    storage.close()
    os.truncate(tmp_path / "killed" / "hot" / log.name, length + 10)
    kept = tmp_path / "killed" / "cold" / segment.path.relative_to(storage.cold_folder)
    for is_kept in (True, False):
        storage = open_storage(tmp_path / "killed")
        assert rows_of(storage.snapshot(table.oid)) == [(1, "a")]
        assert kept.exists() == is_kept
        storage.close()


def test_the_server_says_so(server_factory: Callable[..., ServerProcess]) -> None:
    """It starts, warns, and has what is before the damage."""
    server = server_factory()
    server.execute("CREATE TABLE t (id int PRIMARY KEY)")
    server.execute("INSERT INTO t VALUES (1)")
    log = max((server.data_dir / "hot").glob("*.log"))
    length = log.stat().st_size
    server.execute("INSERT INTO t VALUES (2)")
    server.kill()
    os.truncate(log, length + 20)
    server.start()
    assert server.execute("SELECT * FROM t") == [(1,)]
    assert "the write-ahead log ends in damage" in server.stderr
    server.stop()
