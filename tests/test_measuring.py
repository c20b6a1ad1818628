"""A test that measures is run again when its figure is out of bounds, and for no other reason."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

from tests.measuring import TIMES
from tests.server_process import ROOT

if TYPE_CHECKING:
    from pathlib import Path

TESTS = """
import pytest
from tests.measuring import assert_measured, measures

run = []

@pytest.fixture
def times(request):
    run.append(request.function)
    return run.count(request.function)

@measures
def test_noise(times):
    assert_measured(times == 3, times)

@measures
def test_slower(times):
    assert_measured(times > 5, f"{times} too often")

@measures
def test_wrong(times):
    assert times > 1, "wrong"

def test_unmarked(times):
    assert_measured(times > 1, "once")
"""


def test_what_is_out_of_bounds_each_time_fails(tmp_path: Path) -> None:
    """Noise passes the third time; what is too slow has failed three times then; what is wrong fails at once."""
    (tmp_path / "test_measured.py").write_text(TESTS, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--strict-markers", "test_measured.py"]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environ["PYTHONPATH"] = str(ROOT)
    result = subprocess.run(
        command, cwd=tmp_path, env=environ, capture_output=True, text=True, check=False, timeout=200
    )
    failed = re.findall(r"^FAILED \S+::(\w+)", result.stdout, re.MULTILINE)
    assert failed == ["test_slower", "test_wrong", "test_unmarked"], result.stdout
    assert f"OutOfBounds: measured {TIMES} too often" in result.stdout
    assert f"3 failed, 1 passed, {2 * (TIMES - 1)} rerun" in result.stdout
