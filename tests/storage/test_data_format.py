"""The format version: earlier folders and backups are taken up, later ones and what has none are left alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from storage.backup_manifest import MANIFEST_NAME, encode_manifest, read_manifest, sealed
from storage.data_format import FORMAT_VERSION, OLDEST_FORMAT_VERSION
from storage.errors import DataFolderVersion
from storage.keys import KeyKind, key, pack_seq
from storage.kv import Delete, KeyValueStore, Put
from storage.last_written import FILE_NAME
from tests.storage.backups import back_up, content, fill, restore
from tests.storage.harness import create_table, flush, insert, open_storage

if TYPE_CHECKING:
    from pathlib import Path

    from storage.kv import Mutation

FORMAT_KEY = key(KeyKind.META, "format")


def made(data_dir: Path, *mutations: Mutation) -> None:
    """A data folder with something of everything, to whose records this was done at last."""
    storage = open_storage(data_dir)
    fill(storage)
    storage.write(mutations).result()
    storage.close()


def format_of(data_dir: Path) -> bytes | None:
    """The version that a data folder says."""
    kv = KeyValueStore(data_dir / "hot", 8 << 20, read_only=True)
    try:
        return kv.get(FORMAT_KEY)
    finally:
        kv.close()


@pytest.mark.parametrize("version", range(OLDEST_FORMAT_VERSION, FORMAT_VERSION))
def test_a_folder_of_a_version_before_becomes_one_of_this(tmp_path: Path, version: int) -> None:
    """With all that it holds; a server of before would refuse it from then on."""
    made(tmp_path)
    storage = open_storage(tmp_path)
    before = content(storage)
    storage.write([Put(FORMAT_KEY, pack_seq(version))]).result()
    storage.close()
    storage = open_storage(tmp_path)
    assert content(storage) == before
    storage.close()
    assert format_of(tmp_path) == pack_seq(FORMAT_VERSION)
    assert FORMAT_VERSION == 3, "versions are never used again"


@pytest.mark.parametrize(
    ("version", "said"),
    [
        (pack_seq(FORMAT_VERSION + 1), "format version 4, and this server reads versions up to 3: a newer server"),
        (pack_seq(0), "a format version that cannot be read: 0000000000000000"),
        (b"2", "a format version that cannot be read: 32"),
        (b"", "a format version that cannot be read: nothing"),
    ],
)
def test_another_version_is_refused(tmp_path: Path, version: bytes, said: str) -> None:
    """The message names the folder, nothing is written, and the folder is not left locked."""
    made(tmp_path, Put(FORMAT_KEY, version))
    for _ in range(2):
        with pytest.raises(DataFolderVersion, match=f"^{tmp_path} has {said}"):
            open_storage(tmp_path)
    assert format_of(tmp_path) == version


def test_data_without_a_version_is_refused(tmp_path: Path) -> None:
    """It is not taken for a new folder."""
    made(tmp_path, Delete(FORMAT_KEY))
    with pytest.raises(DataFolderVersion, match=f"^{tmp_path} has data, but no format version"):
        open_storage(tmp_path)
    assert format_of(tmp_path) is None


def test_segments_without_records_are_not_swept(tmp_path: Path) -> None:
    """They are all that is left of a folder whose RocksDB is gone."""
    storage = open_storage(tmp_path)
    table = create_table(storage)
    insert(storage, table, (1, "a")).result()
    (segment,) = flush(storage, table)
    storage.close()
    (tmp_path / "hot").rename(tmp_path / "elsewhere")
    (tmp_path / FILE_NAME).unlink()
    for _ in range(2):
        with pytest.raises(DataFolderVersion, match="has data, but no format version"):
            open_storage(tmp_path)
    assert segment.path.exists()


def with_data_format(backup: Path, version: int) -> None:
    """Have a backup say that its data has that version."""
    manifest = msgspec.structs.replace(read_manifest(backup), data_format=version)
    (backup / MANIFEST_NAME).write_bytes(encode_manifest(sealed(manifest)))


@pytest.mark.parametrize("version", range(OLDEST_FORMAT_VERSION, FORMAT_VERSION))
def test_a_backup_of_a_version_before_is_restored(tmp_path: Path, version: int) -> None:
    """As any other."""
    storage = open_storage(tmp_path / "one")
    fill(storage)
    back_up(storage, tmp_path)
    before = content(storage)
    storage.close()
    assert read_manifest(tmp_path / "b").data_format == FORMAT_VERSION
    with_data_format(tmp_path / "b", version)
    storage = open_storage(tmp_path / "other")
    restore(storage, tmp_path)
    restored = content(storage)
    storage.close()
    assert restored["tables"].keys() == before["tables"].keys()
    for name, (_, rows) in before["tables"].items():
        assert repr(restored["tables"][name][1]) == repr(rows)


@pytest.mark.parametrize("version", [0, FORMAT_VERSION + 1])
def test_a_backup_of_another_version_is_refused_before_anything_is_changed(tmp_path: Path, version: int) -> None:
    """The message says which version it has, and which this server reads."""
    storage = open_storage(tmp_path / "one")
    fill(storage)
    back_up(storage, tmp_path)
    with_data_format(tmp_path / "b", version)
    before = content(storage), list(storage.scan_range(b"", b"\xff"))
    with pytest.raises(DataFolderVersion, match=rf"^backup b has data of format version {version}, and this server"):
        restore(storage, tmp_path)
    assert (content(storage), list(storage.scan_range(b"", b"\xff"))) == before
    storage.close()
