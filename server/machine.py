"""What the machine has, as far as this process may use it."""

from __future__ import annotations

import os
import resource
from pathlib import Path
from typing import Final

_FILES: Final = 1 << 16
_GROUP_LIMITS: Final = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
"""Where a container's limit is found, by either version of control groups."""


def open_many_files() -> None:
    """Let this process open as many files as it may, up to `_FILES`: each connection and each segment is one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if hard == resource.RLIM_INFINITY else min(hard, _FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def usable_memory_bytes() -> int:
    """The memory of the machine, or less where the process is limited to that."""
    found = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for path in map(Path, _GROUP_LIMITS):
        if path.is_file() and (text := path.read_text().strip()).isdigit():
            found = min(found, int(text))
    return found
