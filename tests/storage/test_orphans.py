"""Files that nothing names: what the server has made and does not need is removed, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from storage.engine import Storage
from tests.checking import findings_of
from tests.small_disk import small_disk
from tests.storage.harness import SMALL_CACHES, create_table, flush, insert, open_storage

if TYPE_CHECKING:
    from pathlib import Path

TOKEN = "0123456789abcdef"


def files(storage: Storage) -> set[Path]:
    """All files in the cold folder."""
    return {path for path in storage.cold_folder.rglob("*") if path.is_file()}


def test_files_of_nobody_are_swept(tmp_path: Path) -> None:
    """Temporary files and segments that the manifest does not name, and folders left empty; nothing else.

    What does not have a name as this server gives it, it has not made.
    """
    storage = open_storage(tmp_path)
    table = create_table(storage)
    insert(storage, table, (1, "a"))
    (segment,) = flush(storage, table)
    storage.close()
    names = (f"{TOKEN}.parquet.tmp", f"{TOKEN}.keys.tmp", f"1-2-{TOKEN}.parquet")
    orphans = [segment.path.with_name(name) for name in names]
    gone = tmp_path / "cold" / "ns" / "t-1"
    gone.mkdir(parents=True)
    mine = [tmp_path / "cold" / name for name in ("README", "mine.parquet", "mine.tmp")]
    mine.append(segment.path.with_name(f"copy of {segment.path.name}"))
    for path in (*orphans, gone / f"1-1-{TOKEN}.parquet", *mine):
        path.write_bytes(b"?")
    fates = {line.rpartition(", ")[2] for line in findings_of(tmp_path) if any(path.name in line for path in orphans)}
    assert fates == {"to be removed by the next start"}
    assert sum("and none removes it" in line for line in findings_of(tmp_path)) == len(mine) - 1
    storage = open_storage(tmp_path)
    assert files(storage) == {segment.path, *mine}
    assert not gone.parent.exists()
    storage.close()


def test_beside_a_missing_segment_nothing_is_swept(tmp_path: Path) -> None:
    """Where a log has lost its end the manifest names the files of before: what is there may have their rows."""
    storage = open_storage(tmp_path)
    table, other = create_table(storage), create_table(storage, name="other")
    for each in (table, other):
        insert(storage, each, (1, "a")).result()
    paths = [flush(storage, each)[0].path for each in (table, other)]
    storage.close()
    beside = [path.with_name(f"1-2-{TOKEN}.parquet") for path in paths]
    for path in beside:
        path.write_bytes(b"?")
    paths[0].unlink()
    for _ in range(2):
        storage = open_storage(tmp_path)
        assert files(storage) == {beside[0], paths[1]}
        storage.close()


def test_what_cannot_be_removed_is_told_of_and_keeps_no_server_from_starting(tmp_path: Path) -> None:
    """An empty folder on which a file system is mounted, say."""
    open_storage(tmp_path).close()
    folder = tmp_path / "cold" / "public"
    told: list[Path] = []
    with small_disk(folder, 1 << 20):
        storage = Storage.open(tmp_path, replace(SMALL_CACHES, on_unremoved_file=lambda path, error: told.append(path)))
        assert told == [folder]
        storage.close()
    open_storage(tmp_path).close()
    assert not folder.exists()
