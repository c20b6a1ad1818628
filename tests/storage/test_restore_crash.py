"""SIGKILL in the middle of a restore."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from storage.keys import STORE_KINDS, KeyKind
from tests.storage.backups import back_up, content, fill, restore
from tests.storage.crashes import crash
from tests.storage.harness import create_table, open_storage

if TYPE_CHECKING:
    from pathlib import Path

    from storage.engine import Storage

FAULTS = ("restore.after_mark", "restore.after_link", "restore.after_store", "restore.after_load")


@pytest.fixture
def backups(storage: Storage, tmp_path: Path) -> Path:
    """A folder with a backup `b` of something of everything."""
    fill(storage)
    back_up(storage, tmp_path / "backups")
    return tmp_path / "backups"


@pytest.mark.parametrize("fault", FAULTS)
def test_a_crash_before_the_commit_leaves_nothing(storage: Storage, backups: Path, tmp_path: Path, fault: str) -> None:
    """After SIGKILL at any step of the staging the next start finds what was there, and neither keys nor files more."""
    data_dir = tmp_path / "victim"
    victim = open_storage(data_dir)
    create_table(victim, name="mine")
    before = content(victim)
    victim.close()
    crash(data_dir, "restore", fault, str(backups))
    after = open_storage(data_dir)
    assert content(after) == before
    assert not any(path.is_file() for path in after.cold_folder.rglob("*"))
    for kind in (*STORE_KINDS, KeyKind.PARTITION, KeyKind.RESTORE):
        assert list(after.scan(kind.value)) == []
    restore(after, backups)
    assert content(after)["tables"] == content(storage)["tables"]
    after.close()


def test_a_crash_after_the_batch_leaves_the_restored_state(storage: Storage, backups: Path, tmp_path: Path) -> None:
    """The batch is all there or not at all; a killed process loses nothing that it has written."""
    crash(tmp_path / "victim", "restore", "restore.after_batch", str(backups))
    after = open_storage(tmp_path / "victim")
    assert content(after)["tables"] == content(storage)["tables"]
    after.close()
