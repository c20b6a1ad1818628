"""CREATE, ALTER, DROP and RUN SCHEDULE."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sql.errors import FeatureNotSupported
from sql.grammar.job_options import read_start_options, refuse_conflict
from sql.job_syntax import (
    AlterSchedule,
    BackupDatabase,
    CreateSchedule,
    DropSchedule,
    Parameter,
    RunSchedule,
    ScheduledStatement,
    StartOptions,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Literal

    from sql.job_syntax import Overlap
    from sql.statements import ParsedStatement
    from sql.tokens import TokenReader

    Clause = Literal["cron", "timezone", "on_overlap"]


def read_create_schedule(reader: TokenReader, statement: Callable[[TokenReader], ParsedStatement]) -> CreateSchedule:
    """CREATE SCHEDULE [IF NOT EXISTS] n CRON '…' [TIMEZONE '…'] [ON OVERLAP SKIP | QUEUE] AS statement.

    `statement` reads all that is left as one statement.
    """
    reader.expect("create", "schedule")
    if_not_exists = reader.accept("if", "not", "exists")
    name = reader.name()
    cron, timezone, on_overlap = _clauses(reader)
    if cron is None:
        reader.fail()
    reader.expect("as")
    position = reader.position
    scheduled = _scheduled(statement(reader), position)
    return CreateSchedule(name, cron, scheduled, timezone, on_overlap, if_not_exists)


def _clauses(reader: TokenReader) -> tuple[str | None, str | None, Overlap | None]:
    cron: str | None = None
    timezone: str | None = None
    on_overlap: Overlap | None = None
    while True:
        position = reader.position
        if reader.accept("cron"):
            known, cron = cron, reader.string()
        elif reader.accept("timezone") or reader.accept("time", "zone"):
            known, timezone = timezone, reader.string()
        elif reader.accept("on", "overlap"):
            known, on_overlap = on_overlap, _overlap(reader)
        else:
            return cron, timezone, on_overlap
        if known is not None:
            refuse_conflict(position)


def _overlap(reader: TokenReader) -> Overlap:
    if reader.accept("skip"):
        return "skip"
    reader.expect("queue")
    return "queue"


def _scheduled(statement: ParsedStatement, position: int) -> ScheduledStatement:
    tree = statement.tree
    if not isinstance(tree, ScheduledStatement):
        raise FeatureNotSupported(
            "a schedule cannot run this statement",
            hint="Schedules run FLUSH TABLE, FLUSH ALL TABLES, COMPACT TABLE, VACUUM and BACKUP DATABASE.",
            position=position,
        )
    if tree.options != StartOptions():
        raise FeatureNotSupported("the statement of a schedule takes no options", position=position)
    if isinstance(tree, BackupDatabase) and isinstance(tree.name, Parameter):
        raise FeatureNotSupported("the statement of a schedule takes no parameters", position=tree.name.position)
    return tree


def read_alter_schedule(reader: TokenReader) -> AlterSchedule:
    """ALTER SCHEDULE n PAUSE | RESUME | [CRON '…'] [TIMEZONE '…'] [ON OVERLAP SKIP | QUEUE]."""
    reader.expect("alter", "schedule")
    name = reader.name()
    if (word := reader.accept_one_of("pause", "resume")) is not None:
        return AlterSchedule(name, paused=word == "pause")
    change = _clauses(reader)
    if change == (None, None, None):
        reader.fail()
    cron, timezone, on_overlap = change
    return AlterSchedule(name, None, cron, timezone, on_overlap)


def read_drop_schedule(reader: TokenReader) -> DropSchedule:
    """DROP SCHEDULE [IF EXISTS] a, b."""
    reader.expect("drop", "schedule")
    if_exists = reader.accept("if", "exists")
    return DropSchedule(reader.names(), if_exists)


def read_run_schedule(reader: TokenReader) -> RunSchedule:
    """RUN SCHEDULE n."""
    reader.expect("run", "schedule")
    return RunSchedule(reader.name(), read_start_options(reader))
