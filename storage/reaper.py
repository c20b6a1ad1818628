"""Files die last: a retired segment's file goes when the last snapshot, scan or query that names it has gone."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from storage.segment import Segment


class Reaper:
    """Knows which segments are in use, by path. Any thread may use it.

    `forget` is called with the path of each file that has been removed.
    """

    def __init__(self, forget: Callable[[Path], None]) -> None:
        self._segments: weakref.WeakValueDictionary[Path, Segment] = weakref.WeakValueDictionary()
        self._forget = forget

    def watch(self, segment: Segment) -> Segment:
        """This segment is in use from now on, until nobody refers to it.

        Returns the one to use: if its file is in use already, then the segment by which it is.
        """
        return self._segments.setdefault(segment.path, segment)

    def retire(self, path: Path) -> None:
        """The file is no longer in the manifest: remove it, now or when nobody uses it. If the server ends first, the
        next start sweeps it.
        """
        segment = self._segments.get(path)
        if segment is None:
            self._remove(path)
        else:
            weakref.finalize(segment, self._remove, path)

    def _remove(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        self._forget(path)
