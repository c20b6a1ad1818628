"""Schedules of a table, or of all tables of a schema, follow it: when it gets another name, they are of it still.

A schedule knows what it is of by name, and beside that by its oid: one that was dropped and made anew is that, too.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from jobs.schedules.schedule import ScheduleSource

if TYPE_CHECKING:
    from jobs.schedules.entry import Entry
    from storage.catalog import Catalog

_PLAIN_NAME: Final = re.compile(r"[a-z_][a-z0-9_]*", re.ASCII)
_VERBS: Final = ("FLUSH TABLE", "COMPACT TABLE", "VACUUM")
"""What stands before the name of the table in the statements of schedules."""
_ALL_TABLES: Final = "FLUSH ALL TABLES IN NAMESPACE"


def full_name(namespace: str, name: str) -> str:
    """`namespace.name`, as SQL has it."""
    return f"{_quoted(namespace)}.{_quoted(name)}"


def followed(entry: Entry, catalog: Catalog) -> Entry | None:
    """A user's schedule of one table, or of one schema, as it has to be by now; `None` if it is so already."""
    if entry.source is not ScheduleSource.USER:
        return None
    if "table_oid" in entry.parameters:
        return _of_table(entry, catalog)
    return _of_namespace(entry, catalog) if "namespace_oid" in entry.parameters else None


def _of_namespace(entry: Entry, catalog: Catalog) -> Entry | None:
    known = entry.parameters
    before = (known["namespace_oid"], str(known["namespace"]))
    namespace = catalog.namespace_by_oid(before[0]) or catalog.namespace(before[1])
    if namespace is None or (namespace.oid, namespace.name) == before:
        return None
    return replace(
        entry,
        statement=None if entry.statement is None else f"{_ALL_TABLES} {_quoted(namespace.name)}",
        parameters={**known, "namespace_oid": namespace.oid, "namespace": namespace.name},
    )


def _of_table(entry: Entry, catalog: Catalog) -> Entry | None:
    known = entry.parameters
    names = (known["namespace"], known["table_name"])
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
