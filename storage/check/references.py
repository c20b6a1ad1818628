"""What the entries of the catalog say of each other: names are unique, and everything that is named is there."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Final

from storage.catalog import FIRST_OID, SYSTEM_NAMESPACES
from storage.catalog_entries import SequenceGenerator, Table, View

if TYPE_CHECKING:
    from collections.abc import Iterator

    from storage.catalog_entries import Relation
    from storage.check.catalog import FoundCatalog
    from storage.check.findings import Findings

_SEQUENCE: Final = re.compile(r"nextval\('(\d+)'::regclass\)")


def check_references(catalog: FoundCatalog, findings: Findings) -> None:
    """Look at all of them. Of a catalog that was not read whole only what it says of itself."""
    _check_oids(catalog, findings)
    _check_names(catalog, findings)
    for table in (*catalog.tables, *(each.table for each in catalog.dropped)):
        for what in _table_faults(table):
            findings.problem(label_of(table), what)
    if not catalog.is_whole:
        return
    namespaces = {each.name for each in catalog.namespaces} | SYSTEM_NAMESPACES
    roles = {each.name for each in catalog.roles}
    columns = {table.oid: {0, *(column.number for column in table.columns)} for table in catalog.tables}
    columns |= {view.oid: set(range(len(view.columns) + 1)) for view in catalog.views}
    columns |= {sequence.oid: {0, 1, 2, 3} for sequence in catalog.sequences}
    for relation in catalog.relations:
        if relation.namespace not in namespaces:
            findings.problem(label_of(relation), f'schema "{relation.namespace}" is not there')
        if relation.owner not in roles:
            findings.problem(label_of(relation), f'its owner, role "{relation.owner}", is not there')
        for what in _reference_faults(relation, columns, {sequence.oid for sequence in catalog.sequences}):
            findings.problem(label_of(relation), what)
    tables = {table.oid: table for table in catalog.tables}
    for table in catalog.tables:
        for what in _foreign_key_faults(table, tables):
            findings.problem(label_of(table), what)
    users = {table.oid for table in catalog.kept_tables if table.type == "user"}
    users |= {each.table.oid for each in catalog.dropped}
    for partition in catalog.partitions:
        if partition.table_oid not in users:
            findings.problem(
                "catalog", f'rows of role "{partition.owner}" are of table {partition.table_oid}, which is not there'
            )


def label_of(relation: Relation) -> str:
    """A relation, for people."""
    return f"{relation.namespace}.{relation.name}"


def _check_oids(catalog: FoundCatalog, findings: Findings) -> None:
    oids = [each.oid for each in catalog.namespaces]
    oids += [each.oid for each in catalog.roles]
    oids += [each.oid for each in (*catalog.relations, *(dropped.table for dropped in catalog.dropped))]
    oids += [each.oid for table in catalog.tables for each in table.foreign_keys]
    indexes = [index.oid for table in catalog.tables for index in table.indexes]
    # TRUNCATE leaves a dropped table whose indexes are those of its successor.
    oids += indexes
    oids += {index.oid for each in catalog.dropped for index in each.table.indexes}.difference(indexes)
    oids += [partition.oid for partition in catalog.partitions]
    for oid, count in Counter(oids).items():
        if count > 1:
            findings.problem("catalog", f"oid {oid} is that of {count} things")
    if catalog.next_oid is not None and catalog.next_oid <= max(oids, default=0):
        findings.problem("catalog", f"oid {max(oids)} is in use, and the next free one is {catalog.next_oid}")


def _check_names(catalog: FoundCatalog, findings: Findings) -> None:
    relations = [(each.namespace, each.name) for each in catalog.relations]
    relations += [name for table in catalog.tables for name in table.index_names]
    names = [f"relation {namespace}.{name}" for namespace, name in relations]
    names += [f"schema {each.name}" for each in catalog.namespaces]
    names += [f"role {each.name}" for each in catalog.roles]
    for name, count in Counter(names).items():
        if count > 1:
            findings.problem("catalog", f"there are {count} of the name: {name}")


def _table_faults(table: Table) -> Iterator[str]:
    numbers = [column.number for column in table.columns]
    if len(set(numbers)) < len(numbers) or len({column.name for column in table.columns}) < len(numbers):
        yield "two of its columns have one number or one name"
    used = [("primary key", table.primary_key.columns)] if table.primary_key is not None else []
    used += [(f"index {index.name}", index.columns) for index in table.indexes]
    used += [(f"check {check.name}", check.columns) for check in table.checks]
    used += [(f"foreign key {each.name}", each.columns) for each in table.foreign_keys]
    # An index over an expression, which is not enforced, has no number for that; a check on a row has system columns.
    yield from (
        f"{what} is on column {number}, which is not there"
        for what, columns in used
        for number in columns
        if number > 0 and number not in numbers
    )


def _foreign_key_faults(table: Table, tables: dict[int, Table]) -> Iterator[str]:
    """What a table's foreign keys, and those to it, are wrong about."""
    for each in table.foreign_keys:
        referenced = tables.get(each.referenced_table)
        if referenced is None:
            yield f"foreign key {each.name} refers to table {each.referenced_table}, which is not there"
            continue
        if table.oid not in referenced.referenced_by:
            yield f"foreign key {each.name} refers to {label_of(referenced)}, which does not know of it"
        keys = {index.oid: index.columns for index in referenced.indexes if index.unique}
        primary = () if referenced.primary_key is None else referenced.primary_key.columns
        columns = primary if each.referenced_index is None else keys.get(each.referenced_index, ())
        if sorted(columns) != sorted(each.referenced_columns):
            yield f"foreign key {each.name} refers to a key of {label_of(referenced)} that is not there"
    for oid in table.referenced_by:
        referring = tables.get(oid)
        if referring is None or all(each.referenced_table != table.oid for each in referring.foreign_keys):
            yield f"table {oid}, which is said to refer to it, does not"


def _reference_faults(relation: Relation, columns: dict[int, set[int]], sequences: set[int]) -> Iterator[str]:
    match relation:
        case View():
            for oid, number in relation.uses:
                if oid >= FIRST_OID and number not in columns.get(oid, ()):
                    yield f"it reads column {number} of relation {oid}, which is not there"
        case SequenceGenerator():
            table, number = relation.owned_by or (relation.oid, 0)
            if number not in columns.get(table, ()):
                yield f"it is owned by column {number} of table {table}, which is not there"
        case Table():
            for column in relation.columns:
                for oid in _SEQUENCE.findall(column.default or ""):
                    if int(oid) not in sequences:
                        yield f'the default of column "{column.name}" is of sequence {oid}, which is not there'
