"""Reads the lists of statements: one a line, with comments between."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent


def statements(name: str) -> list[str]:
    """The statements of a file, without its comments."""
    lines = (FOLDER / name).read_text().splitlines()
    return [line for line in lines if line and not line.startswith("--")]
