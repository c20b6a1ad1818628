"""A start that fails leaves the files of RocksDB as it found them: to open is to remove what seems to be left over."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from storage.data_format import FORMAT_VERSION
from storage.errors import DataFolderInUse, DataFolderVersion, StorageError
from storage.keys import KeyKind, key, pack_seq
from storage.kv import KeyValueStore, Put, new_batch
from tests.storage.backups import back_up, content, fill
from tests.storage.harness import open_storage

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
