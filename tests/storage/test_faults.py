"""Points at which tests let something go wrong."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import pytest

from storage.faults import FaultPoints

if TYPE_CHECKING:
    from pathlib import Path


def test_without_a_fault_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    """So it is in every server but those of tests."""
    monkeypatch.delenv("SILTDB_FAULT", raising=False)
    FaultPoints.from_environment().reach("flush.after_rename")


def test_an_error_is_raised_from_a_hit_on_while_the_switch_is_there(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Without the switch nothing is counted either; another point has no fault."""
    switch = tmp_path / "switch"
    monkeypatch.setenv("SILTDB_FAULT", "log.sync:2=EIO")
    monkeypatch.setenv("SILTDB_FAULT_SWITCH", str(switch))
    faults = FaultPoints.from_environment()
    for _ in range(3):
        faults.reach("log.sync")
    switch.touch()
    faults.reach("log.sync")
    for _ in range(2):
        with pytest.raises(OSError, match=r"log\.sync") as raised:
            faults.reach("log.sync")
        assert raised.value.errno == errno.EIO
    faults.reach("flush.after_rename")
    switch.unlink()
    faults.reach("log.sync")
