"""Named points at which a crash test lets the process die. Outside such a test reaching one does nothing."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass, field


@dataclass(slots=True)
class FaultPoints:
    """Kills its own process, as a power cut would, when the point `name` is reached for the `hits`-th time."""

    name: str = ""
    hits: int = 1
    _seen: int = field(default=0, init=False)

    @classmethod
    def from_environment(cls) -> FaultPoints:
        """Read `SILTDB_FAULT=name[:hits]`; without it nothing ever happens."""
        name, _, hits = os.environ.get("SILTDB_FAULT", "").partition(":")
        return cls(name, int(hits or 1))

    def reach(self, name: str) -> None:
        """Say that the point has been reached."""
        if name != self.name:
            return
        self._seen += 1
        if self._seen == self.hits:
            os.kill(os.getpid(), signal.SIGKILL)
