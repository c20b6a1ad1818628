"""A server whose wall clock a test can set: `python tests/moved_clock.py OFFSET_FILE serve …`.

How many seconds the clock is off is what the file says. Elapsed time goes on as always.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path


def move_clock(offset_file: Path) -> None:
    """Have `time.time` and `time.time_ns` be off by what the file says."""
    true_ns = time.time_ns

    def moved_ns() -> int:
        return true_ns() + int(offset_file.read_text(encoding="ascii")) * 1_000_000_000

    time.time_ns = moved_ns
    time.time = lambda: moved_ns() / 1e9


if __name__ == "__main__":
    move_clock(Path(sys.argv.pop(1)))
    sys.path.insert(0, str(Path(__file__).parents[1]))
    # Only now: modules may have taken the clock's functions by name.
    from server.cli import main

    sys.exit(main())
