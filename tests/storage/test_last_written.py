"""Records that RocksDB does not miss: a start that finds less than there was says so, and changes nothing."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from storage.errors import RecordsMissing, StorageError
from storage.last_written import FILE_NAME, LastWritten, manifest_of, read_last_written
from tests.checking import assert_whole, problems_of
from tests.storage.harness import create_table, insert, open_storage, rows_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from storage.engine import Storage


def all_rows(storage: Storage) -> list[tuple[object, ...]]:
    """Of the only table."""
    (table,) = storage.catalog.tables.values()
    return rows_of(storage.snapshot(table.oid))


def files(data_dir: Path) -> dict[str, bytes]:
    """What RocksDB has of data, and what is known of it."""
    patterns = ("hot/*.sst", "hot/*.log", "hot/MANIFEST-*", "hot/CURRENT", FILE_NAME)
    return {path.name: path.read_bytes() for pattern in patterns for path in data_dir.glob(pattern)}


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """A folder that was closed, with rows in two files of RocksDB, and in its log."""
    folder = tmp_path / "data"
    storage = open_storage(folder)
    insert(storage, create_table(storage), (1, "a")).result()
    storage.close()
    storage = open_storage(folder)
    (table,) = storage.catalog.tables.values()
    insert(storage, table, (2, "b")).result()
    storage.close()
    storage = open_storage(folder)
    insert(storage, table, (3, "c")).result()
    # RocksDB writes what is in its log into a file when it closes, but it may not come to that.
    shutil.copytree(folder / "hot", tmp_path / "hot")
    storage.close()
    shutil.rmtree(folder / "hot")
    (tmp_path / "hot").rename(folder / "hot")
    last = read_last_written(folder)
    assert last is not None
    (folder / FILE_NAME).write_bytes(LastWritten(last.sequence, *manifest_of(folder)).encode())
    return folder


def remove_log(data_dir: Path) -> None:
    """It is gone."""
    for path in (data_dir / "hot").glob("*.log"):
        path.unlink()


def empty_log(data_dir: Path) -> None:
    """Nothing is left of it."""
    for path in (data_dir / "hot").glob("*.log"):
        os.truncate(path, 0)


def zero_log(data_dir: Path) -> None:
    """It is as one of which nothing was written."""
    for path in (data_dir / "hot").glob("*.log"):
        path.write_bytes(bytes(path.stat().st_size))


@pytest.mark.parametrize("damage", [remove_log, empty_log, zero_log])
def test_records_that_rocksdb_does_not_miss_are_missed(data_dir: Path, damage: Callable[[Path], None]) -> None:
    """The start fails and says so, as does the check; what is left is left, and can be gone on with."""
    assert_whole(data_dir)
    damage(data_dir)
    found = files(data_dir)
    for _ in range(2):
        with pytest.raises(RecordsMissing, match=f"records in {data_dir / 'hot'} are lost: "):
            open_storage(data_dir)
        assert files(data_dir) == found
    assert any(f"records in {data_dir / 'hot'} are lost" in problem for problem in problems_of(data_dir))
    (data_dir / FILE_NAME).unlink()
    storage = open_storage(data_dir)
    assert all_rows(storage) == [(1, "a"), (2, "b")]
    storage.close()
    assert_whole(data_dir)


def test_a_manifest_that_was_cut_anywhere_is_noticed(data_dir: Path) -> None:
    """Between two records RocksDB would open what was there before, and remove the files that came later."""
    open_storage(data_dir).close()
    (manifest,) = (data_dir / "hot").glob("MANIFEST-*")
    whole, place = manifest.read_bytes(), 0
    said = []
    while place < len(whole):
        manifest.write_bytes(whole[:place])
        found = files(data_dir)
        with pytest.raises(StorageError) as raised:
            open_storage(data_dir)
        assert files(data_dir) == found
        said.append(type(raised.value))
        place += 7 + int.from_bytes(whole[place + 4 : place + 6], "little")
    assert RecordsMissing in said
    manifest.write_bytes(whole)
    storage = open_storage(data_dir)
    assert all_rows(storage) == [(1, "a"), (2, "b"), (3, "c")]
    storage.close()


def test_a_log_that_is_gone_is_missed_after_a_kill_too(tmp_path: Path) -> None:
    """What was in it since the start nobody knows, but that there was one: the server warns, and goes on."""
    storage = open_storage(tmp_path / "running")
    insert(storage, create_table(storage), (1, "a")).result()
    storage.visible.kv.checkpoint(tmp_path / "checkpoint")
    killed = shutil.copytree(tmp_path / "running", tmp_path / "killed")
    storage.close()
    assert open_and_close(killed) is None
    remove_log(killed)
    assert problems_of(killed)
    assert open_and_close(killed) == "there is no write-ahead log"
    assert open_and_close(killed) is None


def open_and_close(data_dir: Path) -> str | None:
    """Returns what is wrong with the log."""
    storage = open_storage(data_dir)
    damage = storage.damage
    storage.close()
    return damage


@pytest.mark.parametrize("content", [None, b"", b"\0\0\0", b"999999999 1 1 00000000\n", b"99999999"])
def test_without_a_number_that_can_be_read_nothing_is_missed(data_dir: Path, content: bytes | None) -> None:
    """It is damaged itself, or of a server that did not keep any; the next one is kept."""
    path = data_dir / FILE_NAME
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    open_storage(data_dir).close()
    assert path.read_bytes() not in (b"", content)
    zero_log(data_dir)
    open_storage(data_dir).close()


def test_a_folder_of_before_is_no_database_of_now(tmp_path: Path) -> None:
    """A copy of RocksDB's folder that is older than the segments beside it: nothing of these is swept."""
    storage = open_storage(tmp_path / "data")
    table = create_table(storage)
    storage.close()
    shutil.copytree(tmp_path / "data" / "hot", tmp_path / "before")
    storage = open_storage(tmp_path / "data")
    insert(storage, table, (1, "a")).result()
    storage.close()
    (tmp_path / "data" / "hot").rename(tmp_path / "now")
    (tmp_path / "before").rename(tmp_path / "data" / "hot")
    with pytest.raises(RecordsMissing):
        open_storage(tmp_path / "data")
    shutil.rmtree(tmp_path / "data" / "hot")
    (tmp_path / "now").rename(tmp_path / "data" / "hot")
    storage = open_storage(tmp_path / "data")
    assert all_rows(storage) == [(1, "a")]
    storage.close()
