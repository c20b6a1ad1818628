"""`siltdb backup verify`: looks whether a backup is whole, without a server."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from storage.byte_progress import ByteProgress
from storage.errors import StorageError
from storage.units import about_size, counted
from storage.verify_backup import verify_backup

if TYPE_CHECKING:
    from server.config import Config

EXIT_DAMAGED: Final = 1


def verify(config: Config, backup: str) -> int:
    """Read all of a backup: one in the folder of backups by its name, any one by a path with a slash in it.

    Returns the exit code: 1 for one that is damaged, or is not there, with a line on stderr that names the file.
    """
    folder = Path(backup) if "/" in backup else config.backup_folder / backup
    try:
        manifest = verify_backup(folder, ByteProgress(lambda done, total: None))
    except (StorageError, OSError) as error:
        sys.stderr.write(f"siltdb: {folder}: {error}\n")
        return EXIT_DAMAGED
    sys.stdout.write(
        f"{folder} is whole: {counted(manifest.tables, 'table')} with {counted(manifest.rows, 'row')} in "
        f"{counted(len(manifest.files), 'file')} ({about_size(manifest.bytes)}), made at {manifest.created_at} "
        f"by SiltDB {manifest.server_version}\n"
    )
    return 0
