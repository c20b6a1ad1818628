"""What depends on what: which objects a DROP takes with it, or is refused for.

A view depends on the relations and columns that it reads, a column's default on the sequences that it names, and a
foreign key on the key that it refers to. A sequence that a column owns goes with the column, as its indexes, checks and
foreign keys do: of that nobody is told. What is in a schema depends on it.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, Final, TypeAlias

from msgspec import Struct

from sql.errors import DependentObjectsStillExist
from sql.foreign_keys.links import references_to
from sql.index_definition import columns_of
from sql.relations.identifiers import qualified, quote_identifier
from storage.catalog_entries import Namespace, SequenceGenerator, Table, View

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sql.session_state import SessionState
    from storage.catalog import Catalog
    from storage.catalog_entries import Column, ForeignKey, Relation

LINES_MAX: Final = 100
"""As many dependents are named in one message, as in PostgreSQL."""

_SEQUENCE: Final = re.compile(r"nextval\('(\d+)'::regclass\)")

CASCADE_HINT: Final = "Use DROP ... CASCADE to drop the dependent objects too."


class ColumnOf(Struct, frozen=True):
    """A column of a table, as something that is dropped or depended on."""

    table: Table
    column: Column


class DefaultOf(Struct, frozen=True):
    """The default of a column, as something that depends."""

    table: Table
    column: Column


class KeyOf(Struct, frozen=True):
    """A key of a table, as something that is dropped: the index of that oid, or the primary key, of which it is `None`.

    It is the constraint of that name, too, unless it is but an index.
    """

    table: Table
    name: str
    index_oid: int | None
    constraint: bool = True


class ForeignKeyOf(Struct, frozen=True):
    """A foreign key of a table, as something that depends on the key that it refers to."""

    table: Table
    foreign_key: ForeignKey


Named: TypeAlias = "Namespace | Relation | ColumnOf | KeyOf"
"""What a statement drops."""
Dropped: TypeAlias = "Named | DefaultOf | ForeignKeyOf"
"""What a drop takes away."""


class Drop(Struct, frozen=True):
    """What goes with the objects that a statement drops: they themselves, and all that depends on them."""

    named: tuple[Named, ...]
    dependents: tuple[Dropped, ...]
    """Of which the client is told."""
    owned: tuple[SequenceGenerator, ...]
    """Sequences that go with their columns."""

    @property
    def relations(self) -> tuple[Relation, ...]:
        """The tables, views and sequences that go."""
        every = (*self.named, *self.dependents, *self.owned)
        return tuple({each.oid: each for each in every if isinstance(each, Table | View | SequenceGenerator)}.values())

    @property
    def defaults(self) -> tuple[DefaultOf, ...]:
        """The defaults that go while their columns stay."""
        return tuple(each for each in self.dependents if isinstance(each, DefaultOf))

    @property
    def foreign_keys(self) -> tuple[ForeignKeyOf, ...]:
        """The foreign keys that go while their tables stay."""
        return tuple(each for each in self.dependents if isinstance(each, ForeignKeyOf))


def plan_drop(
    session: SessionState,
    named: Sequence[Named],
    *,
    cascade: bool,
    catalog: Catalog | None = None,
) -> Drop:
    """What goes when these objects are dropped by one statement.

    `catalog` is the one that they are in, if it is not the session's. Without CASCADE raises
    `DependentObjectsStillExist` with PostgreSQL's words; with it, a NOTICE tells.
    """
    search = _Search(session, catalog or session.catalog)
    search.gone = {_identity(each) for each in named}
    for each in named:
        search.find(each)
    # Of what goes in two ways, and in one of them with what has it, nobody is told.
    found = [(each, line) for each, line in reversed(search.found) if not _goes_with(each, search.gone)]
    dependents = tuple(each for each, _ in found)
    if found and not cascade:
        raise DependentObjectsStillExist(
            _refusal(named, session), detail=_lines([line for _, line in found]), hint=CASCADE_HINT
        )
    _tell(dependents, session)
    sequences = (each for each, _ in search.found if isinstance(each, SequenceGenerator))
    return Drop(tuple(named), dependents, tuple(each for each in sequences if _goes_with(each, search.gone)))


def describe(item: Dropped, session: SessionState) -> str:
    """What messages call an object: `view v`, `column a of table t`; with the schema if it is not found without."""
    match item:
        case ColumnOf(table, column):
            return f"column {quote_identifier(column.name)} of {describe(table, session)}"
        case DefaultOf(table, column):
            return f"default value for column {quote_identifier(column.name)} of {describe(table, session)}"
        case KeyOf(table, name, constraint=True):
            return f"constraint {quote_identifier(name)} on {describe(table, session)}"
        case KeyOf():
            return _as_needed(item, session)
        case ForeignKeyOf(table, foreign_key):
            return f"constraint {quote_identifier(foreign_key.name)} on {describe(table, session)}"
        case Namespace(name=name):
            return f"schema {quote_identifier(name)}"
        case View():
            return f"view {_name(item.namespace, item.name, session)}"
        case SequenceGenerator():
            return f"sequence {_name(item.namespace, item.name, session)}"
        case _:
            return f"table {_name(item.namespace, item.name, session)}"


def _as_needed(item: Dropped, session: SessionState) -> str:
    """What messages call an object as something that others depend on: of a constraint they need the index."""
    if isinstance(item, KeyOf):
        return f"index {_name(item.table.namespace, item.name, session)}"
    return describe(item, session)


def views_on(catalog: Catalog, item: Relation | ColumnOf) -> tuple[View, ...]:
    """The views that read a relation, or a column of it, in the order of their oids. Not those that read these."""
    wanted = (item.table.oid, item.column.number) if isinstance(item, ColumnOf) else (item.oid, None)
    return tuple(
        view
        for view in sorted(catalog.views.values(), key=lambda view: view.oid)
        if any(oid == wanted[0] and wanted[1] in (None, number) for oid, number in view.uses)
    )


class _Search:
    """What depends on something, and what depends on that."""

    def __init__(self, session: SessionState, catalog: Catalog) -> None:
        self.gone: set[object] = set()
        self.found: list[tuple[Dropped, str]] = []
        self._session = session
        self._catalog = catalog

    def find(self, item: Dropped) -> None:
        """Note what depends on something: the last one made first, as in PostgreSQL."""
        name = _as_needed(item, self._session)
        for each in sorted(self._dependents(item), key=_place, reverse=True):
            is_sequence = isinstance(each, SequenceGenerator)
            if _identity(each) in self.gone or (not is_sequence and _goes_with(each, self.gone)):
                continue
            self.gone.add(_identity(each))
            self.find(each)
            self.found.append((each, f"{describe(each, self._session)} depends on {name}"))

    def _dependents(self, item: Dropped) -> Iterator[Dropped]:
        match item:
            case Namespace(name=name):
                yield from self._catalog.relations_in(name)
            case Table(oid):
                yield from (ForeignKeyOf(*each) for each in references_to(self._catalog, item))
                yield from self._owned.get(oid, ())
                yield from self._views.get(oid, ())
            case ColumnOf(table, column):
                yield from _references_to_column(self._catalog, table, column)
                at = (table.oid, column.number)
                yield from (each for each in self._owned.get(table.oid, ()) if each.owned_by == at)
                yield from (each for each in self._views.get(table.oid, ()) if at in each.uses)
            case KeyOf(table, index_oid=index_oid):
                for other, foreign_key in references_to(self._catalog, table):
                    if foreign_key.referenced_index == index_oid:
                        yield ForeignKeyOf(other, foreign_key)
            case SequenceGenerator(oid):
                yield from self._defaults.get(oid, ())
                yield from self._views.get(oid, ())
            case View(oid):
                yield from self._views.get(oid, ())

    @cached_property
    def _views(self) -> dict[int, list[View]]:
        """Those that read a relation, by its oid."""
        found: dict[int, list[View]] = {}
        for view in self._catalog.views.values():
            for oid in {oid for oid, _ in view.uses}:
                found.setdefault(oid, []).append(view)
        return found

    @cached_property
    def _owned(self) -> dict[int, list[SequenceGenerator]]:
        """Those that columns of a table own, by its oid."""
        found: dict[int, list[SequenceGenerator]] = {}
        for sequence in self._catalog.sequences.values():
            if sequence.owned_by is not None:
                found.setdefault(sequence.owned_by[0], []).append(sequence)
        return found

    @cached_property
    def _defaults(self) -> dict[int, list[DefaultOf]]:
        """Those that take numbers from a sequence, by its oid: they name it by that."""
        found: dict[int, list[DefaultOf]] = {}
        for table in self._catalog.tables.values():
            for column in table.columns:
                for oid in set(_SEQUENCE.findall(column.default or "")):
                    found.setdefault(int(oid), []).append(DefaultOf(table, column))
        return found


def _references_to_column(catalog: Catalog, table: Table, column: Column) -> Iterator[ForeignKeyOf]:
    """The foreign keys that refer to a column, or to a key whose index has it."""
    keys = {index.oid for index in table.indexes if column.number in columns_of(index)}
    for other, foreign_key in references_to(catalog, table):
        if column.number in foreign_key.referenced_columns or foreign_key.referenced_index in keys:
            yield ForeignKeyOf(other, foreign_key)


def _place(item: Dropped) -> tuple[int, bool]:
    """What tells which of two was made first: a sequence before the table whose column owns it, as in PostgreSQL."""
    if isinstance(item, SequenceGenerator) and item.owned_by is not None:
        return item.owned_by[0], False
    return _oid(item), True


def _oid(item: Dropped) -> int:
    match item:
        case ForeignKeyOf(foreign_key=foreign_key):
            return foreign_key.oid
        case ColumnOf(table) | DefaultOf(table) | KeyOf(table):
            return table.oid
        case _:
            return item.oid


def _identity(item: Dropped) -> object:
    match item:
        case ColumnOf(table, column) | DefaultOf(table, column):
            return (type(item), table.oid, column.number)
        case KeyOf(table, index_oid=index_oid):
            return (KeyOf, table.oid, index_oid)
        case Namespace(oid):
            return (Namespace, oid)
        case _:
            return _oid(item)


def _goes_with(item: Dropped, gone: set[object]) -> bool:
    """Whether it is a default, a foreign key or a sequence of a table or column that goes anyway."""
    match item:
        case SequenceGenerator(owned_by=(oid, number)):
            return oid in gone or (ColumnOf, oid, number) in gone
        case DefaultOf(table, column):
            numbers: tuple[int, ...] = (column.number,)
        case ForeignKeyOf(table, foreign_key):
            numbers = foreign_key.columns
        case _:
            return False
    return table.oid in gone or any((ColumnOf, table.oid, number) in gone for number in numbers)


def _refusal(named: Sequence[Named], session: SessionState) -> str:
    if len(named) > 1:
        return "cannot drop desired object(s) because other objects depend on them"
    return f"cannot drop {describe(named[0], session)} because other objects depend on it"


def _tell(dependents: Sequence[Dropped], session: SessionState) -> None:
    lines = [f"drop cascades to {describe(each, session)}" for each in dependents]
    if len(lines) == 1:
        session.notice(lines[0])
    elif lines:
        session.notice(f"drop cascades to {len(lines)} other objects", detail=_lines(lines))


def _lines(lines: Sequence[str]) -> str:
    more = len(lines) - LINES_MAX
    shown = [*lines[:LINES_MAX], *([f"and {more} other objects (see server log for list)"] if more > 0 else ())]
    return "\n".join(shown)


def _name(its_namespace: str, name: str, session: SessionState) -> str:
    """The name that finds a relation or index: with its schema, unless the search path has it first."""
    for namespace in session.search_path:
        if session.catalog.is_taken(namespace, name):
            if namespace == its_namespace:
                return quote_identifier(name)
            break
    return qualified(its_namespace, name)
