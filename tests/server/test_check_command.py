"""`siltdb check`: what it prints, and its exit codes."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from server.cli import main
from tests.storage.backups import fill
from tests.storage.harness import open_storage

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.server_process import ServerProcess

WHOLE = """\
public.t: 1 segment, 146 rows
sales.keyless: 0 segments, 2 rows
public.u: 2 segments, 30 rows
checked 3 tables, 3 segments, 178 rows in S s: no problems
"""


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """A data folder that nobody has open."""
    storage = open_storage(tmp_path)
    fill(storage)
    storage.close()
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """The exit code, and what is printed, without the time that it took."""
    code = main(["check", *arguments])
    said = capsys.readouterr()
    return code, re.sub(r"in \d+\.\d s", "in S s", said.out), said.err


def test_a_whole_folder(data_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A line for each table, one for all, and exit code 0; the folder may be that of the configuration."""
    assert run(capsys, "--data-dir", str(data_dir)) == (0, WHOLE, "")
    config = tmp_path / "config.toml"
    config.write_text(f'[storage]\ndata_dir = "{data_dir}"\n')
    assert run(capsys, "--config", str(config)) == (0, WHOLE, "")


def test_a_damaged_folder(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A line for each problem and note, and exit code 1."""
    (path,) = (data_dir / "cold" / "public").glob("t-*/*.parquet")
    path.unlink()
    (data_dir / "cold" / "0123456789abcdef.parquet.tmp").write_bytes(b"??")
    code, out, err = run(capsys, "--data-dir", str(data_dir))
    assert (code, err) == (1, "")
    lines = out.splitlines()
    assert lines[0].startswith(f"problem: public.t: segment {path.name} cannot be read: [Errno 2] No such file")
    assert lines[-2].startswith(
        "note: cold/0123456789abcdef.parquet.tmp: no table has this file (2 bytes), to be removed"
    )
    assert lines[-1].endswith(": 1 problem")


def test_as_json(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One object with the counts and all findings."""
    (path,) = (data_dir / "cold" / "public").glob("t-*/*.parquet")
    path.unlink()
    code, out, _ = run(capsys, "--json", "--data-dir", str(data_dir))
    answer = json.loads(out)
    assert code == 1
    assert (answer["tables"], answer["segments"], answer["problem_count"], answer["notes"]) == (3, 3, 1, [])
    assert answer["problems"][0]["where"] == "public.t"
    assert path.name in answer["problems"][0]["what"]


def test_what_cannot_be_checked(data_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2, and a line on stderr that names the folder; a folder is not made."""
    code, out, err = run(capsys, "--data-dir", str(tmp_path / "none"))
    assert (code, out, err) == (2, "", f"siltdb: {tmp_path / 'none'} is not a data folder: it has no hot/CURRENT\n")
    assert not (tmp_path / "none").exists()
    (data_dir / "hot" / "CURRENT").write_text("?")
    code, out, err = run(capsys, "--data-dir", str(data_dir))
    assert (code, out) == (1, "")
    assert err.startswith(f"siltdb: problem: cannot open {data_dir / 'hot'}: Corruption")


def test_a_folder_in_use(server_factory: Callable[..., ServerProcess], capsys: pytest.CaptureFixture[str]) -> None:
    """Is left alone; once the server has been killed, what it has acknowledged is checked."""
    server = server_factory()
    server.execute("CREATE TABLE t (id int PRIMARY KEY)")
    server.execute("INSERT INTO t SELECT * FROM generate_series(1, 100)")
    code, out, err = run(capsys, "--data-dir", str(server.data_dir))
    assert (code, out) == (2, "")
    assert err.startswith(f"siltdb: {server.data_dir} is in use by a server: stop it first")
    server.kill()
    code, out, err = run(capsys, "--data-dir", str(server.data_dir))
    assert (code, err) == (0, "")
    assert out.startswith("public.t: 0 segments, 100 rows\n")
