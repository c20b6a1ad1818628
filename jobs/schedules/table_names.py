"""Schedules of one table follow it: when it gets another name, or another schema, they are of that one still.

A schedule knows its table by name, and beside that by its oid: one that was dropped and made anew is its table, too.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from jobs.schedules.schedule import ScheduleSource

if TYPE_CHECKING:
    from jobs.schedules.entry import Entry
    from storage.catalog import Catalog

_PLAIN_NAME: Final = re.compile(r"[a-z_][a-z0-9_]*", re.ASCII)
_VERBS: Final = ("FLUSH TABLE", "COMPACT TABLE", "VACUUM")
"""What stands before the name of the table in the statements of schedules."""


def full_name(namespace: str, name: str) -> str:
    """`namespace.name`, as SQL has it."""
    return f"{_quoted(namespace)}.{_quoted(name)}"


def followed(entry: Entry, catalog: Catalog) -> Entry | None:
    """A user's schedule of one table as it has to be by now; `None` if it is so already."""
    known = entry.parameters
    names = (known.get("namespace"), known.get("table_name"))
    if entry.source is not ScheduleSource.USER or None in names or "table_oid" not in known:
        return None
    table = catalog.table_by_oid(known["table_oid"]) or catalog.table(str(names[0]), str(names[1]))
    if table is None or (table.oid, table.namespace, table.name) == (known["table_oid"], *names):
        return None
    statement = entry.statement
    verb = next((each for each in _VERBS if statement is not None and statement.startswith(f"{each} ")), None)
    return replace(
        entry,
        statement=statement if verb is None else f"{verb} {full_name(table.namespace, table.name)}",
        parameters={**known, "table_oid": table.oid, "namespace": table.namespace, "table_name": table.name},
    )


def _quoted(name: str) -> str:
    return name if _PLAIN_NAME.fullmatch(name) else '"' + name.replace('"', '""') + '"'
