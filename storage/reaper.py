"""Files die last: a retired segment's file goes when the last snapshot, scan or query that names it has gone."""

from __future__ import annotations

import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from storage.segment import Segment


class Reaper:
    """Knows which segments are in use, by path. Any thread may use it.

    `forget` is called with the path of each file that has been removed, `on_failure` for one that could not be: the
    next start removes that. Nothing here raises because of it, for nobody who lets go of a file has use for the error.
    """

    def __init__(
        self, forget: Callable[[Path], None], on_failure: Callable[[Path, OSError], None] | None = None
    ) -> None:
        self._segments: weakref.WeakValueDictionary[Path, Segment] = weakref.WeakValueDictionary()
        self._forget = forget
        self._on_failure = on_failure
        self._holds = 0
        self._held: list[Path] = []
        """To be removed when nobody holds files any more."""
        self._remover = ThreadPoolExecutor(1, "siltdb-reaper")
        # Re-entrant, because a finalizer runs wherever the collector does: in here, too.
        self._lock = threading.RLock()

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

    def remove_soon(self, path: Path) -> None:
        """The file was never in the manifest, and nobody reads it: remove it, in a thread, which takes milliseconds."""
        self._remover.submit(self._remove, path)

    def close(self) -> None:
        """Wait until the files that are to be removed soon are gone."""
        self._remover.shutdown()

    @contextmanager
    def hold(self) -> Iterator[None]:
        """No file is removed in this block: what the manifest names at any moment of it is there until its end."""
        with self._lock:
            self._holds += 1
        try:
            yield
        finally:
            with self._lock:
                self._holds -= 1
                released, self._held = ([], self._held) if self._holds else (self._held, [])
            for path in released:
                self._remove(path)

    def _remove(self, path: Path) -> None:
        with self._lock:
            if self._holds:
                self._held.append(path)
                return
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            if self._on_failure is not None:
                self._on_failure(path, error)
        self._forget(path)
