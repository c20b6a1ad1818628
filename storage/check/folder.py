"""A data folder, open to be read: nobody else has it meanwhile, and nothing in it is changed, not even times."""

from __future__ import annotations

import fcntl
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from storage.data_format import is_new, read_format
from storage.errors import CorruptRecords, DataFolderInUse, NoDataFolder, StorageError
from storage.kv import KeyValueStore

if TYPE_CHECKING:
    from collections.abc import Iterator


class OpenFolder(Struct, frozen=True):
    """A data folder, open."""

    data_dir: Path
    kv: KeyValueStore
    _links: Path

    @property
    def cold_folder(self) -> Path:
        """Where the segments are."""
        return self.data_dir / "cold"

    def named(self, message: str) -> str:
        """A message of RocksDB with the names that its files have in the folder."""
        return message.replace(str(self._links), str(self.data_dir / "hot"))


@contextmanager
def open_folder(data_dir: Path) -> Iterator[OpenFolder]:
    """Open a data folder for a check.

    Raises `NoDataFolder`, `DataFolderInUse`, `DataFolderVersion`; another `StorageError` when RocksDB cannot open it.
    """
    hot = data_dir / "hot"
    if not (hot / "CURRENT").exists():
        if next(hot.glob("*.sst"), None) is not None:
            raise StorageError(f"cannot open {hot}: it has no file CURRENT, which names the MANIFEST of a database")
        raise NoDataFolder(f"{data_dir} is not a data folder: it has no {hot.name}/CURRENT")
    with _locked(hot / "LOCK"), tempfile.TemporaryDirectory(prefix="siltdb-check-") as links:
        # rocksdict writes a file of its own wherever it opens a database: so it is given a folder of links.
        for path in hot.iterdir():
            if path.name != "rocksdict-config.json":
                (Path(links) / path.name).symlink_to(path.resolve())
        try:
            kv = KeyValueStore.to_check(Path(links))
        except (StorageError, OSError) as error:
            raise StorageError(str(error).replace(links, str(hot))) from error
        try:
            folder = OpenFolder(data_dir, kv, Path(links))
            try:
                if is_new(kv, data_dir, [path.name for path in hot.iterdir()]):
                    raise NoDataFolder(f"{data_dir} is empty: no server has ever finished starting in it")
                read_format(kv, data_dir)
            except CorruptRecords as error:
                raise CorruptRecords(folder.named(str(error))) from error
            yield folder
        finally:
            kv.close()


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold RocksDB's own lock, shared: servers have it alone."""
    if not path.exists():
        # A copy that was made without it. No server has opened that.
        yield
        return
    with path.open("rb") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            raise DataFolderInUse(
                f"{path.parent.parent} is in use by a server: stop it first, or check a copy or a restored backup"
            ) from None
        yield
