"""CREATE TABLE: what a statement says of a table becomes a catalog entry."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from msgspec.structs import replace

from sql import errors
from sql.checks import define_checks
from sql.clock import now_us
from sql.defaults import canonical_default
from sql.foreign_keys.definition import define_foreign_key
from sql.foreign_keys.links import with_links
from sql.generated_columns import define_generated
from sql.key_definition import unique_indexes
from sql.resolve import creation_namespace
from sql.result import Command
from sql.sequence_names import default_of_sequence
from sql.sequence_syntax import SequenceOptions
from sql.sequences import sequence_of_column
from sql.table_like import with_likes
from sql.table_options import check_options
from storage.catalog_entries import Column, PrimaryKey, Table
from storage.types import PSEUDO_TYPES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sql.session_state import SessionState
    from sql.statements import CreateTable
    from sql.table_syntax import ColumnDefinition
    from storage.catalog import Catalog
    from storage.catalog_entries import Check, SequenceGenerator

MAX_COLUMNS = 1600


def create_table(statement: CreateTable, session: SessionState) -> Command:
    """Run CREATE TABLE."""
    namespace = creation_namespace(session, statement.table)
    name = statement.table.name
    if session.catalog.is_taken(namespace, name):
        if statement.if_not_exists:
            session.notice(f'relation "{name}" already exists, skipping', sqlstate="42P07")
            return Command("CREATE TABLE")
        raise errors.DuplicateTable(f'relation "{name}" already exists')
    statement = with_likes(statement, session)
    primary_key = _primary_key(statement)
    transaction = session.block.for_writing("CREATE TABLE")
    table = Table(
        oid=transaction.new_oid(),
        namespace=namespace,
        name=name,
        owner=session.role.name,
        columns=_columns(statement, primary_key, session),
        primary_key=primary_key,
        options=check_options(dict(statement.options), session.notice),
        created_at=now_us(),
    )
    table = define_generated(session, table, statement.columns)
    table = replace(table, checks=_checks(statement, table, session))
    table = replace(table, indexes=unique_indexes(session, table, statement))
    table, sequences = with_sequences(session, table, statement.columns)
    table = _with_foreign_keys(statement, table, session)
    transaction.change_catalog(partial(_with_all, table=table, sequences=sequences))
    return Command("CREATE TABLE")


def _with_all(catalog: Catalog, table: Table, sequences: Sequence[SequenceGenerator]) -> Catalog:
    catalog = with_links(catalog, table)
    for sequence in sequences:
        catalog = catalog.with_relation(sequence)
    return catalog


def _with_foreign_keys(statement: CreateTable, table: Table, session: SessionState) -> Table:
    """The table with its foreign keys, in the order in which they are written. There are no rows to be tested."""
    written = [each for column in statement.columns for each in column.foreign_keys]
    written += [each.foreign_key for each in statement.constraints if each.foreign_key is not None]
    for definition in sorted(written, key=lambda each: each.table.position):
        made = replace(define_foreign_key(session, table, definition), validated=True)
        table = replace(table, foreign_keys=(*table.foreign_keys, made))
    return table


def with_sequences(
    session: SessionState, table: Table, definitions: Sequence[ColumnDefinition]
) -> tuple[Table, tuple[SequenceGenerator, ...]]:
    """The table with the defaults of its serial and identity columns, and their sequences, not in the catalog yet.

    The definitions are those of its columns, by name; there may be fewer. Raises `InvalidParameterValue`.
    """
    taken = {table.name, *(name for _, name in table.index_names)}
    sequences = []
    for definition in definitions:
        if not definition.serial and definition.identity is None:
            continue
        column = table.column(definition.name)
        assert column is not None, "the table was made of the definitions"
        identity = definition.identity
        options = SequenceOptions() if identity is None else identity.options
        made = sequence_of_column(session, table, column, options, taken, identity=identity is not None)
        sequences.append(made)
        kind = None if identity is None else identity.kind
        filled = replace(column, default=default_of_sequence(made), identity=kind)
        table = replace(table, columns=tuple(filled if each is column else each for each in table.columns))
    return table, tuple(sequences)


def _checks(statement: CreateTable, table: Table, session: SessionState) -> tuple[Check, ...]:
    of_columns = [check for column in statement.columns for check in column.checks]
    of_table = [each.check for each in statement.constraints if each.check is not None]
    return define_checks(session, table, [*of_columns, *of_table])


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
        seen.add(folded)
        made = new_column(session, number, definition, statement.table.name)
        in_key = primary_key is not None and number in primary_key.columns
        columns.append(replace(made, not_null=made.not_null or in_key))
    return tuple(columns)


def new_column(session: SessionState, number: int, definition: ColumnDefinition, table_name: str) -> Column:
    """A column by its definition. The sequence of a serial or identity one is added by `with_sequences`.

    Raises what PostgreSQL raises for a definition that cannot be one.
    """
    if definition.name.lower() == "_seq":
        raise errors.ReservedName(
            f'column name "{definition.name}" conflicts with a system column name', position=definition.position
        )
    if definition.type.oid in PSEUDO_TYPES:
        raise errors.InvalidTableDefinition(f'column "{definition.name}" has pseudo-type {definition.type}')
    if definition.serial or definition.identity is not None:
        _require_one_source(definition, table_name)
    if definition.generated is not None:
        _require_only_generated(definition, table_name)
    default = canonical_default(definition, session)
    is_numbered = definition.serial or definition.identity is not None
    return Column(number, definition.name, definition.type, definition.not_null or is_numbered, default)


def _require_only_generated(definition: ColumnDefinition, table_name: str) -> None:
    """Raise `SqlSyntaxError` for a generated column that would get its values from somewhere else, too."""
    assert definition.generated is not None, "others are not asked"
    where = f'generation expression specified for column "{definition.name}" of table "{table_name}"'
    position = None if definition.serial else definition.generated.position
    if definition.identity is not None:
        raise errors.SqlSyntaxError(f"both identity and {where}", position=position)
    if definition.default is not None or definition.serial:
        raise errors.SqlSyntaxError(f"both default and {where}", position=position)


def _require_one_source(definition: ColumnDefinition, table_name: str) -> None:
    """Raise `SqlSyntaxError` for a column that would get its values from two places."""
    where = f'for column "{definition.name}" of table "{table_name}"'
    if definition.identity is not None and (definition.serial or definition.default is not None):
        raise errors.SqlSyntaxError(f"both default and identity specified {where}")
    if definition.default is not None:
        raise errors.SqlSyntaxError(f"multiple default values specified {where}")


def _primary_key(statement: CreateTable) -> PrimaryKey | None:
    numbers = {column.name: number for number, column in enumerate(statement.columns, start=1)}
    declared: list[tuple[str | None, tuple[str, ...], int]] = [
        (column.primary_key_name, (column.name,), column.position) for column in statement.columns if column.primary_key
    ]
    for constraint in statement.constraints:
        if constraint.kind != "primary key":
            continue
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
