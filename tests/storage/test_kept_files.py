"""A start that fails leaves the files of RocksDB as it found them: to open is to remove what seems to be left over."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from storage.data_format import FORMAT_VERSION
from storage.errors import DataFolderInUse, DataFolderVersion, StorageError
from storage.keys import KeyKind, key, pack_seq
from storage.kv import KeyValueStore, Put, new_batch
from storage.last_written import FILE_NAME
from tests.checking import findings_of
from tests.storage.backups import back_up, content, fill
from tests.storage.crashes import crash
from tests.storage.harness import create_table, find, insert, open_storage

if TYPE_CHECKING:
    from pathlib import Path

DATA = ("*.sst", "*.log", "MANIFEST-*", "CURRENT")


def files(hot: Path) -> dict[str, bytes]:
    """What RocksDB has of data."""
    return {path.name: path.read_bytes() for pattern in DATA for path in hot.glob(pattern)}


def filled(data_dir: Path) -> object:
    """What is in a new data folder, whose RocksDB has records in a file and in its log."""
    storage = open_storage(data_dir)
    fill(storage)
    before = content(storage)
    # A backup has RocksDB write what is in its log into a file, and the next records into another log.
    back_up(storage, data_dir / "backups")
    storage.write([Put(b"\xf0more", b"1")]).result()
    storage.close()
    # As an older server leaves it: who keeps how much there was misses what is lost at once.
    (data_dir / FILE_NAME).unlink()
    return before


def test_a_manifest_that_was_cut_costs_nothing(tmp_path: Path) -> None:
    """RocksDB takes what is behind the cut for never written, and all files for leftovers. They are kept."""
    before = filled(tmp_path)
    hot = tmp_path / "hot"
    (manifest,) = hot.glob("MANIFEST-*")
    whole = manifest.read_bytes()
    manifest.write_bytes(whole[:120])
    found = files(hot)
    assert any(name.endswith(".sst") for name in found)
    for _ in range(2):
        with pytest.raises(DataFolderVersion, match="has data, but no format version"):
            open_storage(tmp_path)
        assert files(hot) == found
    manifest.write_bytes(whole)
    storage = open_storage(tmp_path)
    assert content(storage) == before
    storage.close()
    assert not (tmp_path / "hot.kept").exists()


def test_no_database_is_begun_beside_the_files_of_one(tmp_path: Path) -> None:
    """Without CURRENT RocksDB would make a new database, and one start later remove the files of the old one."""
    before = filled(tmp_path)
    hot = tmp_path / "hot"
    current = (hot / "CURRENT").read_bytes()
    (hot / "CURRENT").unlink()
    found = files(hot)
    for _ in range(2):
        with pytest.raises(StorageError, match="it has no file CURRENT"):
            open_storage(tmp_path)
        assert files(hot) == found
    (hot / "CURRENT").write_bytes(current)
    storage = open_storage(tmp_path)
    assert content(storage) == before
    storage.close()


def test_a_folder_of_a_later_version_is_left_as_it_is(tmp_path: Path) -> None:
    """Not one file is another one after an older server was started on it."""
    filled(tmp_path)
    kv = KeyValueStore(tmp_path / "hot", 8 << 20)
    batch = new_batch()
    batch.put(key(KeyKind.META, "format"), pack_seq(FORMAT_VERSION + 1))
    kv.write(batch)
    kv.close()
    found = files(tmp_path / "hot")
    with pytest.raises(DataFolderVersion, match="a newer server is needed"):
        open_storage(tmp_path)
    assert files(tmp_path / "hot") == found


def test_a_second_server_touches_nothing(tmp_path: Path) -> None:
    """The first one goes on, and its folder has no links left."""
    storage = open_storage(tmp_path)
    fill(storage)
    with pytest.raises(DataFolderInUse):
        open_storage(tmp_path)
    assert not (tmp_path / "hot.kept").exists()
    storage.write([Put(b"\xf0more", b"1")]).result()
    storage.close()
    open_storage(tmp_path).close()


def test_what_a_killed_start_has_linked_goes(tmp_path: Path) -> None:
    """The links of a start that was killed are of no use to the next."""
    filled(tmp_path)
    (tmp_path / "hot.kept").mkdir()
    (tmp_path / "hot.kept" / "000001.log").write_bytes(b"old")
    open_storage(tmp_path).close()
    assert not (tmp_path / "hot.kept").exists()


def cut_of_hot_rows(data_dir: Path) -> tuple[bytes, Path]:
    """A folder without a segment, whose MANIFEST has lost what it says of files: its bytes, and where it is."""
    storage = open_storage(data_dir)
    insert(storage, create_table(storage), (1, "a")).result()
    storage.visible.kv.checkpoint(data_dir / "checkpoint")
    storage.close()
    (data_dir / FILE_NAME).unlink()
    (manifest,) = (data_dir / "hot").glob("MANIFEST-*")
    whole = manifest.read_bytes()
    manifest.write_bytes(whole[:120])
    return whole, manifest


def test_a_folder_in_which_rocksdb_finds_nothing_is_not_taken_for_a_new_one(tmp_path: Path) -> None:
    """It has files with records, though no segment: all its rows are hot."""
    whole, manifest = cut_of_hot_rows(tmp_path)
    found = files(tmp_path / "hot")
    assert any(name.endswith(".sst") for name in found)
    for _ in range(2):
        with pytest.raises(DataFolderVersion, match="has data, but no format version"):
            open_storage(tmp_path)
        assert files(tmp_path / "hot") == found
    manifest.write_bytes(whole)
    storage = open_storage(tmp_path)
    (table,) = storage.catalog.tables.values()
    assert find(storage, table, 1) == (1, "a")
    storage.close()


def test_a_log_of_which_nothing_can_be_read_is_not_that_of_a_new_folder(tmp_path: Path) -> None:
    """One bit of its first record: of the rest RocksDB reads nothing, and would remove it."""
    storage = open_storage(tmp_path / "running")
    insert(storage, create_table(storage), (1, "a")).result()
    killed = shutil.copytree(tmp_path / "running", tmp_path / "killed")
    storage.close()
    (killed / FILE_NAME).unlink()
    (log,) = (killed / "hot").glob("*.log")
    whole = log.read_bytes()
    log.write_bytes(whole[:20] + bytes([whole[20] ^ 1]) + whole[21:])
    found = files(killed / "hot")
    for _ in range(2):
        with pytest.raises(DataFolderVersion, match=rf"{log.name}.*checksum"):
            open_storage(killed)
        assert files(killed / "hot") == found
    with pytest.raises(DataFolderVersion, match="checksum"):
        findings_of(killed)
    log.write_bytes(whole)
    storage = open_storage(killed)
    (table,) = storage.catalog.tables.values()
    assert find(storage, table, 1) == (1, "a")
    storage.close()


@pytest.mark.parametrize("fault", ["open.after_opening", "open.before_putting_back", "open.while_putting_back"])
def test_a_start_that_is_killed_costs_nothing_either(tmp_path: Path, fault: str) -> None:
    """RocksDB has removed the files by then, and the links are all that there is of them: the next start has them."""
    whole, manifest = cut_of_hot_rows(tmp_path)
    found = files(tmp_path / "hot")
    crash(tmp_path, "flush", fault)
    assert files(tmp_path / "hot") != found
    with pytest.raises(DataFolderVersion):
        open_storage(tmp_path)
    assert files(tmp_path / "hot") == found
    assert not (tmp_path / "hot.kept").exists()
    manifest.write_bytes(whole)
    storage = open_storage(tmp_path)
    (table,) = storage.catalog.tables.values()
    assert find(storage, table, 1) == (1, "a")
    storage.close()


def test_a_start_of_a_whole_folder_that_is_killed_is_no_reason_to_go_back(tmp_path: Path) -> None:
    """What it had opened is opened again; and no later start that fails goes back to before what was written since."""
    before = filled(tmp_path)
    crash(tmp_path, "flush", "open.after_opening")
    assert (tmp_path / "hot.kept").exists()
    storage = open_storage(tmp_path)
    assert content(storage) == before
    assert not (tmp_path / "hot.kept").exists()
    storage.write([Put(b"\xf0later", b"1")]).result()
    storage.close()
    current = tmp_path / "hot" / "CURRENT"
    name = current.read_bytes()
    current.write_bytes(b"?")
    with pytest.raises(StorageError):
        open_storage(tmp_path)
    current.write_bytes(name)
    storage = open_storage(tmp_path)
    assert storage.get(b"\xf0later") == b"1"
    storage.close()


def test_a_first_start_that_was_killed_before_there_was_a_log_is_no_obstacle(tmp_path: Path) -> None:
    """Nothing was ever written there."""
    KeyValueStore(tmp_path / "hot", 8 << 20).close()
    for path in (tmp_path / "hot").glob("*.log"):
        path.unlink()
    storage = open_storage(tmp_path)
    insert(storage, create_table(storage), (1, "a")).result()
    storage.close()
    open_storage(tmp_path).close()
