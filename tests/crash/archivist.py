"""Makes backups while others write, and now and then puts one of them in the place of everything."""

from __future__ import annotations

import random
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg

from tests.crash.clients import PsycopgClient, Refused, ServerGone

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.crash.gate import Gate
    from tests.crash.history import Branch
    from tests.crash.writers import Writer
    from tests.server_process import ServerProcess

    Look = Callable[[ServerProcess, dict[int, Branch]], None]

KEPT_MAX = 3
RESTORE_SHARE = 0.3
RESTORES = "SELECT status, job_id FROM system.jobs WHERE job_type = 'restore' ORDER BY created_at DESC LIMIT 1"
COMPLETED_RESTORES = "SELECT count(*) FROM system.jobs WHERE job_type = 'restore' AND status = 'completed'"
ENDED = ("completed", "failed", "cancelled", "skipped")


@dataclass(frozen=True, slots=True)
class Archive:
    """A backup that was completed, and what may be in it."""

    name: str
    branches: dict[int, Branch]
    """By the number of the writer."""


@dataclass(frozen=True, slots=True)
class PendingRestore:
    """A restore that was asked for and has not been told to have ended."""

    archive: Archive
    completed_before: int


class Archivist:
    """Lives through crashes, as a writer does; `run` is one life of it."""

    def __init__(self, writers: list[Writer], seed: int, look: Look) -> None:
        self._writers = writers
        self._random = random.Random(seed)
        self._look = look
        """Called when everything has been replaced and nobody writes."""
        self._made = 0
        self.archives: list[Archive] = []
        self.pending: PendingRestore | None = None
        self.restore_share = RESTORE_SHARE
        """How often a restore follows a backup."""

    def run(self, server: ServerProcess, gate: Gate) -> None:
        """Back up and restore until the server is gone."""
        try:
            client = PsycopgClient(server, "admin")
        except ServerGone:
            return
        try:
            while True:
                self._back_up(client, gate)
                if self.archives and self._random.random() < self.restore_share:
                    self._restore(server, client, gate)
        except ServerGone:
            return
        finally:
            client.close()

    def _back_up(self, client: PsycopgClient, gate: Gate) -> None:
        # So that a backup is not made of what the last one is made of.
        gate.wait_for_steps(self._random.randrange(1, 40), timeout_s=1)
        self._made += 1
        name = f"b{self._made}"
        least = {writer.number: writer.history.length for writer in self._writers}
        try:
            ((_, _, status, _, _),) = client.query(f"BACKUP DATABASE TO '{name}' WITH (wait, timeout = '5s')")
        except Refused as refused:
            # Somebody has killed it.
            refused.must_be("57014")
            return
        if status == "completed":
            branches = {writer.number: writer.history.branch(least[writer.number]) for writer in self._writers}
            self.archives.append(Archive(name, branches))

    def forget_old(self, server: ServerProcess) -> None:
        """Remove backups that are not needed any more. While the server neither makes nor restores one."""
        del self.archives[:-KEPT_MAX]
        kept = {archive.name for archive in self.archives}
        for path in (server.data_dir / "backups").glob("*"):
            if path.name not in kept:
                shutil.rmtree(path)

    def _restore(self, server: ServerProcess, client: PsycopgClient, gate: Gate) -> None:
        archive = self._random.choice(self.archives)
        with gate.shut():
            ((completed_before,),) = client.query(COMPLETED_RESTORES)
            self.pending = PendingRestore(archive, completed_before)
            try:
                client.query(f"RESTORE DATABASE FROM '{archive.name}' WITH (wait, timeout = '5s')")
            except Refused as refused:
                refused.must_be("57014")
            ((status, job_id),) = client.query(RESTORES)
            while status not in ENDED:
                if status == "paused":
                    self._resume(client, job_id)
                ((status, job_id),) = client.query(RESTORES)
            ((completed,),) = client.query(COMPLETED_RESTORES)
            try:
                self._look(server, self.branches(completed))
            except psycopg.OperationalError as error:
                raise ServerGone from error

    def _resume(self, client: PsycopgClient, job_id: str) -> None:
        try:
            client.query(f"RESUME JOB '{job_id}'")
        except Refused as refused:
            # Somebody else was quicker.
            refused.must_be("55000")

    def branches(self, completed_restores: int) -> dict[int, Branch]:
        """What may be there of each writer now, when so many restores have been completed and none is under way."""
        if self.pending is not None and completed_restores > self.pending.completed_before:
            return self.pending.archive.branches
        return {writer.number: writer.history.branch() for writer in self._writers}

    def settled(self, branches: dict[int, Branch]) -> None:
        """It is known what is there: one of these."""
        if self.pending is not None and branches is self.pending.archive.branches:
            for writer in self._writers:
                writer.restored()
        self.pending = None
