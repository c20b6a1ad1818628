"""How much RocksDB has written, kept beside it: so that a start knows when something of that is missing.

A MANIFEST that was cut between two of its records, a log that is gone or empty, or files of yesterday look like a whole
database to RocksDB, and it would remove what they do not name. But it numbers what is written, and its MANIFESTs, which
only grow. So these numbers are written into a file of their own when a server has opened the folder, and when it closes
it: where there is less than that, records are lost. What was lost of the time since then is not noticed so.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final
from zlib import crc32

from msgspec import Struct

from storage.errors import RecordsMissing
from storage.segment_writer import sync_path

if TYPE_CHECKING:
    from pathlib import Path

    from storage.kv import KeyValueStore

FILE_NAME: Final = "hot.last"


class LastWritten(Struct, frozen=True):
    """The numbers of the last thing that was written and of the MANIFEST, and the size of that."""

    sequence: int
    manifest: int
    manifest_bytes: int

    def encode(self) -> bytes:
        """As the file has it."""
        text = f"{self.sequence} {self.manifest} {self.manifest_bytes} ".encode()
        return text + f"{crc32(text):08x}\n".encode()


def manifest_of(data_dir: Path) -> tuple[int, int]:
    """The number and the size of the MANIFEST of now; nothing where RocksDB itself will say that there is none."""
    hot = data_dir / "hot"
    with suppress(OSError, ValueError):
        name = (hot / "CURRENT").read_text(encoding="ascii").strip()
        return int(name.removeprefix("MANIFEST-")), (hot / name).stat().st_size
    return 0, 0


def read_last_written(data_dir: Path) -> LastWritten | None:
    """What is kept. `None` without one that can be read: of an older server, or damaged itself."""
    with suppress(OSError, ValueError):
        content = (data_dir / FILE_NAME).read_bytes()
        sequence, manifest, manifest_bytes, _ = content.split()
        known = LastWritten(int(sequence), int(manifest), int(manifest_bytes))
        return known if known.encode() == content else None
    return None


def find_loss(known: LastWritten | None, sequence: int, manifest: tuple[int, int], data_dir: Path) -> str | None:
    """What is missing in a folder where RocksDB, with that MANIFEST, has found so much; `None` for nothing."""
    if known is None:
        return None
    if known.manifest and manifest < (known.manifest, known.manifest_bytes):
        now = f"MANIFEST-{manifest[0]:06} with {manifest[1]} bytes"
        lost = f"there was MANIFEST-{known.manifest:06} with {known.manifest_bytes} bytes, and now there is {now}"
    elif sequence < known.sequence:
        lost = f"number {known.sequence} was written, and the last one that is found has number {sequence}"
    else:
        return None
    return (
        f"records in {data_dir / 'hot'} are lost: {lost}. Bring its files back, or restore a backup into a new folder; "
        f"to go on with what is left, remove {data_dir / FILE_NAME}"
    )


def require_all_there(kv: KeyValueStore, manifest: tuple[int, int], data_dir: Path) -> None:
    """Raise `RecordsMissing` if a RocksDB, which has been opened with that MANIFEST, has less than it had."""
    loss = find_loss(read_last_written(data_dir), kv.last_sequence, manifest, data_dir)
    if loss is not None:
        raise RecordsMissing(loss if kv.damage is None else f"{loss}. The end of the write-ahead log: {kv.damage}")


def keep_last_written(kv: KeyValueStore, data_dir: Path) -> None:
    """Make all that was written durable, and keep how much it is. Raises `WriteFailed`."""
    last = LastWritten(kv.last_sequence, *manifest_of(data_dir))
    if read_last_written(data_dir) == last:
        return
    kv.sync()
    path = data_dir / FILE_NAME
    temporary = path.with_suffix(".tmp")
    # On a full disk, say: with the numbers of before less is noticed, and nothing wrong said.
    with suppress(OSError):
        temporary.write_bytes(last.encode())
        sync_path(temporary)
        temporary.rename(path)
        sync_path(data_dir)
