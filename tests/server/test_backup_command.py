"""`siltdb backup verify`, without a server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from server.cli import main
from tests.storage.backups import back_up, fill
from tests.storage.harness import open_storage

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """A data folder with a backup `b` in it."""
    storage = open_storage(tmp_path)
    fill(storage)
    back_up(storage, tmp_path / "backups")
    storage.close()
    return tmp_path


def test_a_whole_backup(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By name or by path: exit code 0, and a line that says what it has."""
    for named in (["b", "--data-dir", str(data_dir)], [str(data_dir / "backups" / "b")]):
        assert main(["backup", "verify", *named]) == 0
        assert "backups/b is whole: 3 tables with 178 rows in " in capsys.readouterr().out


def test_a_damaged_backup(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 1, and a line on stderr that names the file."""
    path = next((data_dir / "backups" / "b" / "cold").rglob("*.parquet"))
    path.unlink()
    assert main(["backup", "verify", "b", "--data-dir", str(data_dir)]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert f"{path.name}: it is missing" in said.err


def test_a_backup_that_is_not_there(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 1, too."""
    assert main(["backup", "verify", "c", "--data-dir", str(data_dir)]) == 1
    assert 'backup "c" does not exist' in capsys.readouterr().err
