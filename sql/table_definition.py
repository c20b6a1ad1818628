"""CREATE TABLE: what a statement says of a table becomes a catalog entry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sql import errors
from sql.clock import now_us
from sql.defaults import check_default
from sql.resolve import creation_namespace
from sql.result import Command
from sql.table_options import check_options
from storage.catalog_entries import Column, PrimaryKey, Table

if TYPE_CHECKING:
    from sql.session_state import SessionState
    from sql.statements import CreateTable

MAX_COLUMNS = 1600


def create_table(statement: CreateTable, session: SessionState) -> Command:
    """Run CREATE TABLE."""
    namespace = creation_namespace(session, statement.table)
    name = statement.table.name
    if session.catalog.table(namespace, name) is not None:
        if statement.if_not_exists:
            session.notice(f'relation "{name}" already exists, skipping', sqlstate="42P07")
            return Command("CREATE TABLE")
        raise errors.DuplicateTable(f'relation "{name}" already exists')
    primary_key = _primary_key(statement)
    columns = _columns(statement, primary_key, session)
    table = Table(
        oid=session.block.for_writing("CREATE TABLE").new_oid(),
        namespace=namespace,
        name=name,
        owner=session.role.name,
        columns=columns,
        primary_key=primary_key,
        options=check_options(dict(statement.options), session.notice),
        created_at=now_us(),
    )
    session.block.for_writing("CREATE TABLE").change_catalog(lambda catalog: catalog.with_table(table))
    return Command("CREATE TABLE")


def _columns(statement: CreateTable, primary_key: PrimaryKey | None, session: SessionState) -> tuple[Column, ...]:
    if len(statement.columns) > MAX_COLUMNS:
        raise errors.TooManyColumns(f"tables can have at most {MAX_COLUMNS} columns")
    seen: set[str] = set()
    columns = []
    for number, definition in enumerate(statement.columns, start=1):
        # DuckDB does not tell names apart by case, so neither can a table.
        folded = definition.name.lower()
        if folded in seen:
            raise errors.DuplicateColumn(f'column "{definition.name}" specified more than once')
        if folded == "_seq":
            raise errors.ReservedName(
                f'column name "{definition.name}" conflicts with a system column name', position=definition.position
            )
        if definition.unique:
            raise errors.FeatureNotSupported("UNIQUE constraints are not supported", position=definition.position)
        seen.add(folded)
        check_default(definition, session)
        in_key = primary_key is not None and number in primary_key.columns
        columns.append(
            Column(number, definition.name, definition.type, definition.not_null or in_key, definition.default_text)
        )
    return tuple(columns)


def _primary_key(statement: CreateTable) -> PrimaryKey | None:
    numbers = {column.name: number for number, column in enumerate(statement.columns, start=1)}
    declared: list[tuple[str | None, tuple[str, ...], int]] = [
        (column.primary_key_name, (column.name,), column.position) for column in statement.columns if column.primary_key
    ]
    for constraint in statement.constraints:
        if constraint.kind == "unique":
            raise errors.FeatureNotSupported("UNIQUE constraints are not supported", position=constraint.position)
        declared.append((constraint.name, constraint.columns, constraint.position))
    if not declared:
        return None
    if len(declared) > 1:
        raise errors.InvalidTableDefinition(
            f'multiple primary keys for table "{statement.table.name}" are not allowed', position=declared[1][2]
        )
    name, columns, position = declared[0]
    for column in columns:
        if column not in numbers:
            raise errors.UndefinedColumn(f'column "{column}" named in key does not exist', position=position)
    if len(set(columns)) != len(columns):
        raise errors.DuplicateColumn("a column appears twice in primary key constraint", position=position)
    return PrimaryKey(name or f"{statement.table.name}_pkey", tuple(numbers[column] for column in columns))
