"""Files of segments that nothing names: of flushes that never committed, or retired just before a crash."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final

from storage.keys import KeyKind
from storage.segment import manifest_path

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from storage.kv import KeyValueStore

_OWN: Final = re.compile(r"\d+-\d+-[0-9a-f]{16}\.parquet|[0-9a-f]{16}\.(parquet|keys)\.tmp")
"""The names that this server gives to its files."""


def find_orphans(named: Collection[Path], cold_folder: Path) -> list[Path]:
    """Files that a server has made and that are none of those that are named.

    None in a folder in which a named one is missing: what is there may be all that is left of its rows, for a log that
    has lost its end names the files of before.
    """
    # `Path.exists` raises where a folder cannot be looked into.
    robbed = {path.parent for path in named if not os.path.exists(path)}  # noqa: PTH110
    return [
        path
        for path in sorted(cold_folder.rglob("*"))
        if _OWN.fullmatch(path.name) and path not in named and path.parent not in robbed and path.is_file()
    ]


def sweep_orphans(kv: KeyValueStore, cold_folder: Path, on_failure: Callable[[Path, OSError], None] | None) -> None:
    """Remove them, and empty folders. What cannot be removed stays until the next start, and `on_failure` is told."""
    named = {manifest_path(value, cold_folder) for _, value in kv.scan(KeyKind.MANIFEST.value)}
    orphans = find_orphans(named, cold_folder)
    folders = (path for path in cold_folder.rglob("*") if path.is_dir() and not path.is_symlink())
    for path in (*orphans, *sorted(folders, key=lambda path: len(path.parts), reverse=True)):
        try:
            if path.is_file():
                path.unlink()
            elif not any(path.iterdir()):
                path.rmdir()
        except OSError as error:
            if on_failure is not None:
                on_failure(path, error)
