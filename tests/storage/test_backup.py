"""Backups: consistent, whole or not there, and verifiable."""

from __future__ import annotations

import errno
import json
import os
import stat
from typing import TYPE_CHECKING

import msgspec
import pytest

from storage.backup import backup, finished_backup, remove_backup, remove_unfinished
from storage.backup_manifest import MANIFEST_NAME, BackupFile, encode_manifest, read_manifest, sealed
from storage.byte_progress import ByteProgress
from storage.errors import BackupDamaged, BackupExists, InvalidBackupName, NoSuchBackup
from storage.verify_backup import verify_backup
from tests.storage.backups import back_up, files_of, fill, unwatched
from tests.storage.harness import create_table, delete, flush, insert, open_storage

if TYPE_CHECKING:
    from pathlib import Path

    from storage.engine import Storage


class Stop(Exception):
    """the backup was told to stop"""


@pytest.fixture
def backups(tmp_path: Path) -> Path:
    """The folder of backups, which is not there yet."""
    return tmp_path / "backups"


def test_a_backup_has_every_segment_and_verifies(storage: Storage, backups: Path) -> None:
    """The manifest names all files with their sizes, and says how many tables and live rows there are."""
    fill(storage)
    manifest = back_up(storage, backups)
    cold = {str(path.relative_to(storage.cold_folder)) for path in storage.cold_folder.rglob("*.parquet")}
    assert manifest.segments == cold
    assert {file.path for file in manifest.files} | {MANIFEST_NAME} == files_of(backups / "b").keys()
    assert manifest.bytes == sum(len(data) for name, data in files_of(backups / "b").items() if name != MANIFEST_NAME)
    assert (manifest.tables, manifest.rows) == (3, 146 + 2 + 30)
    assert verify_backup(backups / "b", unwatched()) == manifest


def test_segments_are_linked_where_they_can_be(storage: Storage, backups: Path) -> None:
    """On one file system a segment of the backup is the same file, so that it takes no space."""
    fill(storage)
    back_up(storage, backups)
    for path in storage.cold_folder.rglob("*.parquet"):
        assert path.samefile(backups / "b" / "cold" / path.relative_to(storage.cold_folder))


def test_segments_are_copied_where_they_cannot_be_linked(
    storage: Storage, backups: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same backup comes out when the folder of backups is on another file system."""
    fill(storage)

    def cannot_link(source: Path, target: Path) -> None:
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))

    monkeypatch.setattr("storage.file_tree.os.link", cannot_link)
    manifest = back_up(storage, backups)
    assert verify_backup(backups / "b", unwatched()) == manifest
    for path in storage.cold_folder.rglob("*.parquet"):
        assert path.stat().st_nlink == 1


def test_nobody_else_can_read_a_backup(storage: Storage, backups: Path) -> None:
    """It holds the verifiers of passwords."""
    back_up(storage, backups)
    for folder in (backups, backups / "b"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_name_is_taken_once(storage: Storage, backups: Path) -> None:
    """A second backup of the same name is refused, and the first one stays as it is."""
    back_up(storage, backups)
    before = files_of(backups)
    with pytest.raises(BackupExists, match='backup "b" already exists'):
        back_up(storage, backups)
    assert files_of(backups) == before


@pytest.mark.parametrize("name", ["", ".", "..", ".hidden", "a/b", "../b", "a b", "ü", "a\0", "x" * 201, "a\n"])
def test_a_name_is_one_path_component(storage: Storage, backups: Path, name: str) -> None:
    """Nothing outside of the folder of backups can be named, and nothing hidden."""
    with pytest.raises(InvalidBackupName):
        back_up(storage, backups, name)
    assert not backups.exists()


def test_a_stopped_backup_leaves_nothing(storage: Storage, backups: Path) -> None:
    """Whenever it is told to stop, at each of its steps, no file of it remains, and a later one succeeds."""
    fill(storage)
    stops = 0
    while True:
        left = stops

        def step(done: int, total: int) -> None:
            nonlocal left
            left -= 1
            if left < 0:
                raise Stop

        try:
            backup(storage, backups, "b", "test", ByteProgress(step))
        except Stop:
            stops += 1
            assert files_of(backups) == {}
            assert list(backups.iterdir()) == []
        else:
            break
    assert stops > 10
    verify_backup(backups / "b", unwatched())


def test_progress_goes_up_to_the_total(storage: Storage, backups: Path) -> None:
    """Bytes done never fall, and end at the total, which is known before the first file is copied."""
    fill(storage)
    seen: list[tuple[int, int]] = []
    phases: list[str] = []
    backup(
        storage,
        backups,
        "b",
        "test",
        ByteProgress(lambda *seen_now: seen.append(seen_now), lambda *entered: phases.append(entered[2])),
    )
    assert phases == ["checkpoint", "copying", "checksums"]
    done = [each for each, _ in seen]
    assert done == sorted(done)
    assert seen[-1][0] == seen[-1][1] > 0


def test_segments_that_are_retired_meanwhile_are_in_the_backup(storage: Storage, backups: Path) -> None:
    """A file that the checkpoint names is there until it is linked, whatever becomes of its table."""
    table = create_table(storage)
    insert(storage, table, *[(n, "v") for n in range(100)]).result()
    (path,) = [segment.path for segment in flush(storage, table)]

    def retire(done: int, total: int, phase: str) -> None:
        if phase == "copying":
            transaction = storage.begin()
            transaction.change_catalog(lambda catalog: catalog.without_table(table.oid))
            storage.commit(transaction).result()
            storage.reaper.retire(path)

    backup(storage, backups, "b", "test", ByteProgress(lambda done, total: None, retire))
    assert not path.exists()
    assert verify_backup(backups / "b", unwatched()).rows == 100


def test_what_is_committed_after_the_checkpoint_is_not_in_it(storage: Storage, backups: Path) -> None:
    """The backup is of one moment: rows, deaths and flushes that come while files are copied are not in it."""
    table = create_table(storage)
    insert(storage, table, *[(n, "v") for n in range(10)]).result()

    def go_on(done: int, total: int, phase: str) -> None:
        if phase == "copying":
            insert(storage, table, (100, "late")).result()
            delete(storage, table, 1).result()
            flush(storage, table)

    manifest = backup(storage, backups, "b", "test", ByteProgress(lambda done, total: None, go_on))
    assert (manifest.rows, manifest.segments) == (10, frozenset())


def test_a_dropped_table_is_left_out(storage: Storage, backups: Path) -> None:
    """Its files are not copied: of a table that is being reclaimed they may be gone."""
    table = create_table(storage)
    insert(storage, table, (1, "v")).result()
    (segment,) = flush(storage, table)
    transaction = storage.begin()
    transaction.change_catalog(lambda catalog: catalog.without_table(table.oid))
    storage.commit(transaction).result()
    segment.path.unlink()
    manifest = back_up(storage, backups)
    assert (manifest.tables, manifest.rows, manifest.segments) == (0, 0, frozenset())


@pytest.mark.parametrize("kind", ["segment", "sst", "current", "manifest"])
@pytest.mark.parametrize("damage", ["truncated", "flipped", "missing"])
def test_damage_to_any_file_is_found(storage: Storage, backups: Path, kind: str, damage: str) -> None:
    """A byte less, a byte changed or a file less: verifying fails and names the file."""
    fill(storage)
    back_up(storage, backups)
    pattern = {"segment": "cold/**/*.parquet", "sst": "checkpoint/*.sst", "current": "checkpoint/CURRENT"}
    path = next((backups / "b").glob(pattern.get(kind, MANIFEST_NAME)))
    path.write_bytes(b"") if damage == "truncated" and kind == "current" else damaged(path, damage)
    expected = NoSuchBackup if (kind, damage) == ("manifest", "missing") else BackupDamaged
    with pytest.raises(expected) as raised:
        verify_backup(backups / "b", unwatched())
    if expected is BackupDamaged:
        assert raised.value.path == path.relative_to(backups / "b").as_posix()


def damaged(path: Path, damage: str) -> None:
    """Damage a file. It is another file then: the one that it was linked to is not touched."""
    data = bytearray(path.read_bytes())
    path.unlink()
    match damage:
        case "truncated":
            path.write_bytes(data[:-1])
        case "flipped":
            data[len(data) // 2] ^= 1
            path.write_bytes(data)


def test_every_byte_of_the_manifest_counts(storage: Storage, backups: Path) -> None:
    """Whichever byte of manifest.json is changed, the backup is refused."""
    back_up(storage, backups)
    path = backups / "b" / MANIFEST_NAME
    good = path.read_bytes()
    for position in range(len(good)):
        path.write_bytes(good[:position] + bytes((good[position] ^ 1,)) + good[position + 1 :])
        with pytest.raises(BackupDamaged):
            read_manifest(backups / "b")
    path.write_bytes(good)
    read_manifest(backups / "b")


def test_a_manifest_that_leads_out_of_the_backup_is_refused(storage: Storage, backups: Path) -> None:
    """Not even one with a good checksum can name another file of the machine."""
    back_up(storage, backups)
    manifest = read_manifest(backups / "b")
    for path in ("/etc/passwd", "cold/../../x", "checkpoint/../../x", "elsewhere"):
        outside = msgspec.structs.replace(manifest, files=(BackupFile(path, 1, ""),))
        (backups / "b" / MANIFEST_NAME).write_bytes(encode_manifest(sealed(outside)))
        with pytest.raises(BackupDamaged, match="not one of a backup"):
            read_manifest(backups / "b")


def test_a_backup_of_another_format_is_refused(storage: Storage, backups: Path) -> None:
    """It says which format it has, whatever else a newer manifest may hold."""
    back_up(storage, backups)
    path = backups / "b" / MANIFEST_NAME
    newer = json.loads(path.read_bytes()) | {"format": 2, "more": True}
    path.write_text(json.dumps(newer))
    with pytest.raises(BackupDamaged, match="format 2; this server reads 1"):
        read_manifest(backups / "b")


def test_who_made_a_backup_can_find_it_again(storage: Storage, backups: Path) -> None:
    """A job that a crash kept from saying that it was done finds what it has made; another one does not."""
    assert finished_backup(backups, "b", "test") is None
    manifest = back_up(storage, backups)
    assert finished_backup(backups, "b", "test") == manifest
    assert finished_backup(backups, "b", "other") is None


def test_removing(storage: Storage, backups: Path) -> None:
    """A backup can be removed; what was cut short is, and nothing else that is in the folder."""
    back_up(storage, backups)
    (backups / ".c.partial" / "checkpoint").mkdir(parents=True)
    (backups / "other").mkdir()
    remove_unfinished(backups)
    assert {path.name for path in backups.iterdir()} == {"b", "other"}
    remove_backup(backups, "b")
    assert {path.name for path in backups.iterdir()} == {"other"}
    remove_unfinished(backups / "not there")


def test_what_is_no_unfinished_backup_is_left_alone(storage: Storage, backups: Path) -> None:
    """Files and links of other programs, in a folder of backups that they share."""
    back_up(storage, backups)
    (backups / ".b.partial").symlink_to(backups / "b")
    (backups / ".download.partial").write_bytes(b"?")
    (backups / ".another program's.partial").mkdir()
    before = files_of(backups)
    remove_unfinished(backups)
    assert files_of(backups) == before
    assert len(list(backups.iterdir())) == 4


def test_the_server_goes_on_with_its_files_after_a_backup(tmp_path: Path) -> None:
    """A data folder that was backed up opens again, and sweeps nothing of the backup in it."""
    storage = open_storage(tmp_path)
    fill(storage)
    back_up(storage, tmp_path / "backups")
    before = files_of(tmp_path / "backups")
    storage.close()
    open_storage(tmp_path).close()
    assert files_of(tmp_path / "backups") == before
