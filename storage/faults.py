"""Named points at which a test lets the process die, or the disk fail. Outside of tests reaching one does nothing."""

from __future__ import annotations

import errno
import os
import signal
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(slots=True)
class FaultPoints:
    """Kills its own process, as a power cut would, when the point `name` is reached for the `hits`-th time.

    With an `error`, a code of the operating system, it is raised instead, as an OSError, each time from then on. With a
    file `switch` nothing happens, and nothing is counted, while there is no such file.
    """

    name: str = ""
    hits: int = 1
    error: int = 0
    switch: Path | None = None
    _seen: int = field(default=0, init=False)

    @classmethod
    def from_environment(cls) -> FaultPoints:
        """Read `SILTDB_FAULT=name[:hits][=EIO]` and `SILTDB_FAULT_SWITCH`; without the first nothing ever happens."""
        point, _, error = os.environ.get("SILTDB_FAULT", "").partition("=")
        name, _, hits = point.partition(":")
        code: int = getattr(errno, error) if error else 0
        switch = os.environ.get("SILTDB_FAULT_SWITCH")
        return cls(name, int(hits or 1), code, None if switch is None else Path(switch))

    def reach(self, name: str) -> None:
        """Say that the point has been reached. Raises what a test asks for."""
        if name != self.name or (self.switch is not None and not self.switch.exists()):
            return
        self._seen += 1
        if self._seen < self.hits:
            return
        if self.error:
            raise OSError(self.error, os.strerror(self.error), self.name)
        if self._seen == self.hits:
            os.kill(os.getpid(), signal.SIGKILL)
