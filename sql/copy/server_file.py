"""Files of the server that COPY reads and writes: those of one folder, which nothing leads out of."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from sql.errors import InsufficientPrivilege, UndefinedFile

if TYPE_CHECKING:
    from pathlib import Path

    from sql.acting_role import ActingRole

_LINK_ERRORS: Final = (errno.ELOOP, errno.ENOTDIR)


def require_server_files(role: ActingRole, folder: Path | None, *, writing: bool) -> Path:
    """The folder. Raises `InsufficientPrivilege` for who is no superuser, and where there is none."""
    if not role.superuser:
        which = "pg_write_server_files role to COPY to" if writing else "pg_read_server_files role to COPY from"
        raise InsufficientPrivilege(
            f"must be superuser or have privileges of the {which} a file",
            hint="Anyone can COPY to stdout or from stdin. psql's \\copy command also works for anyone.",
        )
    if folder is None:
        raise InsufficientPrivilege(
            "COPY with files of the server is switched off",
            hint="Set copy.folder in the configuration of the server, or use psql's \\copy.",
        )
    return folder


def open_server_file(folder: Path, name: str, *, writing: bool) -> int:
    """A descriptor of a file in the folder, by its path there or its whole one. In a worker.

    Each step of the path is opened without following links, so that none can be put in the way meanwhile. Raises
    `InsufficientPrivilege` for anything else, and `UndefinedFile`.
    """
    path = PurePosixPath(name)
    try:
        steps = (path.relative_to(folder) if path.is_absolute() else path).parts
    except ValueError:
        raise _outside(name, folder) from None
    if not steps or ".." in steps or "\0" in name:
        raise _outside(name, folder)
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC if writing else os.O_RDONLY
    at = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for step in steps[:-1]:
            inner = os.open(step, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=at)
            os.close(at)
            at = inner
        # Without O_NONBLOCK a pipe would be waited for.
        descriptor = os.open(steps[-1], flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o600, dir_fd=at)
    except OSError as error:
        if error.errno in _LINK_ERRORS:
            raise _outside(name, folder) from None
        doing = "writing" if writing else "reading"
        message = f'could not open file "{name}" for {doing}: {error.strerror}'
        raise (UndefinedFile if error.errno == errno.ENOENT else InsufficientPrivilege)(message) from None
    finally:
        os.close(at)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise InsufficientPrivilege(f'"{name}" is not a regular file')
    return descriptor


def _outside(name: str, folder: Path) -> InsufficientPrivilege:
    return InsufficientPrivilege(
        f'file "{name}" is not in the folder of COPY',
        hint=f"Only files in {folder} can be read and written, and links are not followed.",
    )
