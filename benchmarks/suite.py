"""Every case, in the order of performance.md."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.cases.bulk import CopyIn, Read
from benchmarks.cases.flush import FlushInserted, FlushLoaded, KillFlush
from benchmarks.cases.job_relations import job_cases
from benchmarks.cases.jobs import NoOpJobs
from benchmarks.cases.point import PointSelect, SingleRowInsert, TpcB
from benchmarks.cases.process import IdleMemory, StartUp
from benchmarks.cases.query import GroupBy, SmallQuery
from benchmarks.cases.statements import Statement

if TYPE_CHECKING:
    from benchmarks.case import Case


def suite() -> list[Case]:
    """The cases that a full run measures."""
    return [
        *(PointSelect(connections, cold=False) for connections in (1, 8)),
        *(PointSelect(connections, cold=True) for connections in (1, 8)),
        *(SingleRowInsert(connections) for connections in (1, 8, 32)),
        TpcB(8),
        CopyIn(),
        *(Read(reader, cold=False) for reader in Read.READERS),
        *(Read(reader, cold=True) for reader in ("COPY out text", "SELECT * psycopg binary")),
        *map(Statement, Statement.STATEMENTS),
        GroupBy(cold=False),
        GroupBy(cold=True),
        SmallQuery(),
        FlushLoaded(),
        FlushInserted(),
        KillFlush(),
        NoOpJobs(),
        StartUp(0),
        StartUp(1_000_000),
        *job_cases(),
        IdleMemory(),
    ]
