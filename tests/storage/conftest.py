"""Fixtures of the storage tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.storage.harness import ManualLoop, open_storage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from storage.engine import Storage


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[Storage]:
    """A new data folder, open; commits are durable when they return."""
    opened = open_storage(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def loop() -> ManualLoop:
    """A loop that turns by hand."""
    return ManualLoop()


@pytest.fixture
def looped(tmp_path: Path, loop: ManualLoop) -> Iterator[Storage]:
    """A new data folder, open, whose commits settle when `loop` turns."""
    opened = open_storage(tmp_path, loop.call_soon)
    yield opened
    opened.close()
