"""CREATE INDEX and DROP INDEX: unique indexes are enforced, other ones only recorded."""

from __future__ import annotations

import asyncio
import threading
from functools import partial
from itertools import count
from typing import TYPE_CHECKING

from msgspec.structs import replace
from sqlglot import exp

from sql import errors
from sql.alter.relations import table_of_index
from sql.binder import bind_index_parts
from sql.binding.values import UNNAMED
from sql.defaults import default_tree
from sql.dependencies import KeyOf, plan_drop
from sql.drops import carry_out_drop
from sql.index_definition import place_of
from sql.index_syntax import CreateIndex, DropIndex
from sql.key_definition import require_ordered
from sql.lock_waits import run_until_free
from sql.names import fold
from sql.privileges import require_owner
from sql.relation_names import choose_name
from sql.resolve import find_relation, is_system_relation
from sql.result import Command
from storage.catalog import Catalog
from storage.catalog_entries import Index, Table
from storage.errors import DuplicateKeys
from storage.index_build import build_index, plan_index_build
from storage.table_locks import LockMode

if TYPE_CHECKING:
    from sql.index_syntax import IndexElement, IndexStatement
    from sql.names import QualifiedName
    from sql.session_state import SessionState
    from storage.transaction import Transaction

METHODS = ("btree", "hash", "gist", "spgist", "gin", "brin")


async def run_index_statement(statement: IndexStatement, session: SessionState) -> Command:
    """Run CREATE INDEX or DROP INDEX, in the session's transaction.

    Raises `DefinitionChanged` where it should be begun again.
    """
    command = "CREATE INDEX" if isinstance(statement, CreateIndex) else "DROP INDEX"
    if statement.concurrently:
        session.block.refuse_inside(f"{command} CONCURRENTLY")
    transaction = session.block.for_writing(command)
    told = len(session.notices)

    async def attempt() -> Command:
        del session.notices[told:]
        match statement:
            case CreateIndex():
                await _create(statement, session, transaction)
            case DropIndex():
                _drop(statement, session, transaction)
        return Command(command)

    return await run_until_free(session, transaction, attempt)


async def _create(statement: CreateIndex, session: SessionState, transaction: Transaction) -> None:
    table = _table_of(statement.table, session)
    if statement.method not in METHODS:
        raise errors.UndefinedObject(f'access method "{statement.method}" does not exist')
    if statement.unique and statement.method != "btree":
        raise errors.FeatureNotSupported(f'access method "{statement.method}" does not support unique indexes')
    transaction.lock_table(table.oid, LockMode.SHARE)
    name = statement.name
    if name is not None and session.catalog.is_taken(table.namespace, name):
        if not statement.if_not_exists:
            raise errors.DuplicateTable(f'relation "{name}" already exists')
        session.notice(f'relation "{name}" already exists, skipping', sqlstate="42P07")
        return
    columns = _columns(statement, table)
    parts = _names_of_parts(statement, table, session)
    if name is None:
        name = choose_name(session.catalog, table.namespace, table.name, "_".join(parts), "idx")
    index = Index(transaction.new_oid(), name, columns, statement.unique, definition=_definition(statement, table))
    changed = replace(table, indexes=(*table.indexes, index), version=table.version + 1)
    if index.unique:
        await build_key(session, transaction, changed, index.oid)
    else:
        session.notice(
            f'index "{name}" is recorded, and not used: scans are pruned by the statistics of segments',
        )
    transaction.change_catalog(partial(Catalog.with_table, table=changed))


async def build_key(session: SessionState, transaction: Transaction, table: Table, index_oid: int | None) -> None:
    """Write the entries of a key that a table, whose definition this will be, gets. Its lock keeps writers out.

    `index_oid` is `None` for the primary key. Raises `UniqueViolation` for rows with the same key.
    """
    storage = session.shared.storage
    build = plan_index_build(transaction, storage.visible, table, index_oid)
    stop = threading.Event()
    work = partial(build_index, build, stop.is_set, storage.options.faults)
    running = asyncio.get_running_loop().run_in_executor(None, work)
    try:
        await asyncio.shield(running)
    except asyncio.CancelledError:
        # What it has written can only be removed once it writes no more.
        stop.set()
        await asyncio.wait([running])
        raise
    except DuplicateKeys as duplicate:
        raise _in_words(duplicate, table, session) from None


def _in_words(duplicate: DuplicateKeys, table: Table, session: SessionState) -> errors.UniqueViolation:
    by_number = {column.number: column for column in table.columns}
    columns = [by_number[number] for number in duplicate.columns]
    values = zip(columns, duplicate.key, strict=True)
    shown = ", ".join(session.codecs.of(column.type).format(value).decode() for column, value in values)
    return errors.UniqueViolation(
        str(duplicate),
        detail=f"Key ({', '.join(column.name for column in columns)})=({shown}) is duplicated.",
        schema=table.namespace,
        table=table.name,
        constraint=duplicate.constraint,
    )


def _table_of(name: QualifiedName, session: SessionState) -> Table:
    relation = find_relation(session, name)
    if isinstance(relation, Table):
        require_owner(session.role, relation)
        return relation
    if relation is not None:
        kind = type(relation).__name__.lower().removesuffix("generator")
        raise errors.WrongObjectType(
            f'cannot create index on relation "{relation.name}"',
            detail=f"This operation is not supported for {kind}s.",
        )
    if is_system_relation(session, name):
        raise errors.InsufficientPrivilege(f"permission denied: {name} is a system relation")
    if name.namespace is not None and session.catalog.namespace(name.namespace) is None:
        raise errors.UndefinedNamespace(f'schema "{name.namespace}" does not exist')
    raise errors.UndefinedTable(f'relation "{name}" does not exist')


def _columns(statement: CreateIndex, table: Table) -> tuple[int, ...]:
    """The numbers of the columns that are indexed as they are. Raises for what cannot be, or is not, enforced."""
    found = []
    for name in (*(each.column for each in statement.elements), *statement.include):
        column = None if name is None else table.column(name)
        if name is not None and column is None:
            raise errors.UndefinedColumn(f'column "{name}" does not exist')
        if column is not None:
            found.append(column)
    keys = found[: len(found) - len(statement.include)]
    if statement.method == "btree":
        require_ordered(keys)
    if statement.unique:
        _require_enforceable(statement)
    return tuple(column.number for column in keys)


def _require_enforceable(statement: CreateIndex) -> None:
    if statement.where is not None:
        raise errors.FeatureNotSupported("partial unique indexes are not supported")
    if statement.nulls_not_distinct:
        raise errors.FeatureNotSupported("UNIQUE NULLS NOT DISTINCT is not supported")
    for each in statement.elements:
        if each.column is None:
            raise errors.FeatureNotSupported("unique indexes on expressions are not supported", position=each.position)
        if each.suffix:
            raise errors.FeatureNotSupported(
                "unique indexes with a collation or an operator class are not supported", position=each.position
            )
    names = [each.column for each in statement.elements]
    if len(set(names)) != len(names):
        raise errors.FeatureNotSupported("a unique index with a column twice is not supported")


def _names_of_parts(statement: CreateIndex, table: Table, session: SessionState) -> list[str]:
    """What the parts of the index are called in its name. Raises what PostgreSQL raises for their expressions."""
    trees = [each.tree for each in statement.elements if each.tree is not None]
    condition = None if statement.where is None else statement.where.tree
    named = iter(bind_index_parts(trees, condition, table, session.bind_context(())))
    parts: list[str] = []
    for each in statement.elements:
        part = next(named) if each.column is None else each.column
        part = "expr" if part == UNNAMED else part
        numbered = (f"{part}{number}" for number in count(1))
        parts.append(part if part not in parts else next(name for name in numbered if name not in parts))
    return parts


def _definition(statement: CreateIndex, table: Table) -> str | None:
    """The text behind USING, where the columns alone do not say it, with numbers in the place of columns."""
    places = {column.name: place_of(column) for column in table.columns}
    elements = ", ".join(_element(each, table) for each in statement.elements)
    plain = ", ".join(places[each.column] for each in statement.elements if each.column is not None)
    include = f" INCLUDE ({', '.join(places[name] for name in statement.include)})" if statement.include else ""
    where = "" if statement.where is None else f" WHERE {_with_numbers(statement.where.text, table)}"
    if elements == plain and statement.method == "btree" and not include and not where:
        return None
    return f"{statement.method} ({elements}){include}{where}"


def _element(element: IndexElement, table: Table) -> str:
    column = None if element.column is None else table.column(element.column)
    text = _with_numbers(element.text, table) if column is None else place_of(column)
    if element.suffix:
        text += f" {element.suffix}"
    if element.descending:
        text += " DESC"
    if element.nulls_first != element.descending:
        text += " NULLS FIRST" if element.nulls_first else " NULLS LAST"
    return text


def _with_numbers(text: str, table: Table) -> str:
    """The text of an expression that binds, with the places of columns."""
    edits = []
    for node in default_tree(text).find_all(exp.Column):
        column = table.column(fold(node.this))
        assert column is not None, "it binds"
        first = next(node.args[part] for part in ("db", "table", "this") if node.args.get(part))
        edits.append((int(first.meta["start"]), int(node.this.meta["end"]) + 1, place_of(column)))
    for start, end, place in sorted(edits, reverse=True):
        text = text[:start] + place + text[end:]
    return text


def _drop(statement: DropIndex, session: SessionState, transaction: Transaction) -> None:
    if statement.concurrently and len(statement.names) > 1:
        raise errors.FeatureNotSupported("DROP INDEX CONCURRENTLY does not support dropping multiple objects")
    for name in statement.names:
        table = table_of_index(name, session)
        if table is None:
            _missing(name, session, if_exists=statement.if_exists)
            continue
        _require_owner_of_index(name, table, session)
        transaction.lock_table(table.oid, LockMode.ACCESS_EXCLUSIVE)
        index = next((each for each in table.indexes if each.name == name.name), None)
        if index is None or index.constraint:
            raise errors.DependentObjectsStillExist(
                f"cannot drop index {name.name} because constraint {name.name} on table {table.name} requires it",
                hint=f"You can drop constraint {name.name} on table {table.name} instead.",
            )
        key = KeyOf(table, index.name, index.oid, constraint=False)
        carry_out_drop(plan_drop(session, [key], cascade=statement.cascade), session, "DROP INDEX")
        table = session.catalog.tables[table.oid]
        left = tuple(each for each in table.indexes if each.oid != index.oid)
        changed = replace(table, indexes=left, version=table.version + 1)
        transaction.change_catalog(partial(Catalog.with_table, table=changed))


def _require_owner_of_index(name: QualifiedName, table: Table, session: SessionState) -> None:
    if not session.role.owns(table.owner):
        raise errors.InsufficientPrivilege(f"must be owner of index {name.name}")


def _missing(name: QualifiedName, session: SessionState, *, if_exists: bool) -> None:
    relation = find_relation(session, name)
    if relation is not None:
        raise errors.WrongObjectType(
            f'"{name.name}" is not an index', hint=f"Use DROP {_kind(relation)} to remove a {_kind(relation).lower()}."
        )
    if not if_exists:
        raise errors.UndefinedObject(f'index "{name.name}" does not exist')
    session.notice(f'index "{name.name}" does not exist, skipping')


def _kind(relation: object) -> str:
    return type(relation).__name__.upper().removesuffix("GENERATOR")
