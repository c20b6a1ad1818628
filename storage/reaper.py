"""Files die last: a retired segment's file goes when the last snapshot, scan or query that names it has gone."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from storage.segment import Segment


class Reaper:
    """Knows which segments are in use, by path. Any thread may use it."""

    def __init__(self) -> None:
        self._segments: weakref.WeakValueDictionary[Path, Segment] = weakref.WeakValueDictionary()

    def watch(self, segment: Segment) -> None:
        """This segment is in use from now on, until nobody refers to it."""
        self._segments[segment.path] = segment

    def retire(self, path: Path) -> None:
        """The file is no longer in the manifest: remove it, now or when nobody uses it. If the server ends first, the
        next start sweeps it.
        """
        segment = self._segments.get(path)
        if segment is None:
            path.unlink(missing_ok=True)
        else:
            weakref.finalize(segment, path.unlink, missing_ok=True)
