"""What depends on what: which objects a DROP takes with it, or is refused for.

A view depends on the relations and columns that it reads, and a column's default on the sequences that it names. A
sequence that a column owns goes with the column, as its indexes and checks do: of that nobody is told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from msgspec import Struct

from sql.errors import DependentObjectsStillExist
from sql.relations.identifiers import qualified, quote_identifier
from storage.catalog_entries import SequenceGenerator, Table, View

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sql.session_state import SessionState
    from storage.catalog import Catalog
    from storage.catalog_entries import Column, Relation

LINES_MAX: Final = 100
"""As many dependents are named in one message, as in PostgreSQL."""

CASCADE_HINT: Final = "Use DROP ... CASCADE to drop the dependent objects too."


class ColumnOf(Struct, frozen=True):
    """A column of a table, as something that is dropped or depended on."""

    table: Table
    column: Column


class DefaultOf(Struct, frozen=True):
    """The default of a column, as something that depends."""

    table: Table
    column: Column


Dropped: TypeAlias = "Relation | ColumnOf | DefaultOf"
"""What a drop takes away."""


class Drop(Struct, frozen=True):
    """What goes with the objects that a statement drops: they themselves, and all that depends on them."""

    named: tuple[Relation | ColumnOf, ...]
    dependents: tuple[Dropped, ...]
    """Of which the client is told."""
    owned: tuple[SequenceGenerator, ...]
    """Sequences that go with their columns."""

    @property
    def relations(self) -> tuple[Relation, ...]:
        """The tables, views and sequences that go."""
        every = (*self.named, *self.dependents, *self.owned)
        return tuple({each.oid: each for each in every if not isinstance(each, ColumnOf | DefaultOf)}.values())

    @property
    def defaults(self) -> tuple[DefaultOf, ...]:
        """The defaults that go while their columns stay."""
        return tuple(each for each in self.dependents if isinstance(each, DefaultOf))


def plan_drop(
    session: SessionState, named: Sequence[Relation | ColumnOf], *, cascade: bool, subject: str | None = None
) -> Drop:
    """What goes when these objects are dropped by one statement.

    `subject` is what they are dropped with, where that has a name of its own: `schema s`; they count as its dependents
    then. Without CASCADE raises `DependentObjectsStillExist` with PostgreSQL's words; with it, a NOTICE tells.
    """
    catalog = session.catalog
    owned = tuple(_owned_by(catalog, named))
    found: list[tuple[Dropped, str]] = []
    if subject is None:
        gone = {_identity(each) for each in (*named, *owned)}
        for each in (*owned, *named):
            _find(session, describe(each, session), _dependents(catalog, each), gone, found)
    else:
        gone = {_identity(each) for each in owned}
        _find(session, subject, named, gone, found)
    found.reverse()
    dependents = tuple(each for each, _ in found)
    if found and not cascade:
        raise DependentObjectsStillExist(
            _refusal(named, subject, session), detail=_lines([line for _, line in found]), hint=CASCADE_HINT
        )
    _tell(dependents, session)
    also_owned = tuple(_owned_by(catalog, [each for each in dependents if not isinstance(each, DefaultOf)]))
    return Drop(tuple(named), dependents, tuple({each.oid: each for each in (*owned, *also_owned)}.values()))


def describe(item: Dropped, session: SessionState) -> str:
    """What messages call an object: `view v`, `column a of table t`; with the schema if it is not found without."""
    match item:
        case ColumnOf(table, column):
            return f"column {quote_identifier(column.name)} of {describe(table, session)}"
        case DefaultOf(table, column):
            return f"default value for column {quote_identifier(column.name)} of {describe(table, session)}"
        case View():
            return f"view {_name(item, session)}"
        case SequenceGenerator():
            return f"sequence {_name(item, session)}"
        case _:
            return f"table {_name(item, session)}"


def views_on(catalog: Catalog, item: Relation | ColumnOf) -> tuple[View, ...]:
    """The views that read a relation, or a column of it, in the order of their oids. Not those that read these."""
    wanted = (item.table.oid, item.column.number) if isinstance(item, ColumnOf) else (item.oid, None)
    return tuple(
        view
        for view in sorted(catalog.views.values(), key=lambda view: view.oid)
        if any(oid == wanted[0] and wanted[1] in (None, number) for oid, number in view.uses)
    )


def _find(
    session: SessionState,
    name: str,
    dependents: Iterable[Dropped],
    gone: set[object],
    found: list[tuple[Dropped, str]],
) -> None:
    """Note what depends on something, and what depends on that: the last one made first, as in PostgreSQL."""
    for each in sorted(dependents, key=_oid, reverse=True):
        if _identity(each) in gone or _goes_with(each, gone):
            continue
        gone.add(_identity(each))
        called = describe(each, session)
        _find(session, called, _dependents(session.catalog, each), gone, found)
        found.append((each, f"{called} depends on {name}"))


def _dependents(catalog: Catalog, item: Dropped) -> Iterator[Dropped]:
    if isinstance(item, DefaultOf):
        return
    yield from views_on(catalog, item)
    if not isinstance(item, SequenceGenerator):
        return
    for table in catalog.tables.values():
        for column in table.columns:
            if column.default is not None and _names_sequence(column.default, item):
                yield DefaultOf(table, column)


def _names_sequence(default: str, sequence: SequenceGenerator) -> bool:
    """Whether a default takes numbers from a sequence. It names it by its oid."""
    return f"nextval('{sequence.oid}'::regclass)" in default


def _owned_by(catalog: Catalog, items: Iterable[Relation | ColumnOf]) -> Iterator[SequenceGenerator]:
    whole = {each.oid for each in items if isinstance(each, Table)}
    columns = {(each.table.oid, each.column.number) for each in items if isinstance(each, ColumnOf)}
    for sequence in catalog.sequences.values():
        owner = sequence.owned_by
        if owner is not None and (owner in columns or owner[0] in whole):
            yield sequence


def _oid(item: Dropped) -> int:
    return item.table.oid if isinstance(item, ColumnOf | DefaultOf) else item.oid


def _identity(item: Dropped) -> object:
    if isinstance(item, ColumnOf | DefaultOf):
        return (type(item), item.table.oid, item.column.number)
    return item.oid


def _goes_with(item: Dropped, gone: set[object]) -> bool:
    """Whether it is a default of a table or column that goes anyway."""
    if not isinstance(item, DefaultOf):
        return False
    return item.table.oid in gone or _identity(ColumnOf(item.table, item.column)) in gone


def _refusal(named: Sequence[Relation | ColumnOf], subject: str | None, session: SessionState) -> str:
    if subject is None and len(named) > 1:
        return "cannot drop desired object(s) because other objects depend on them"
    what = describe(named[0], session) if subject is None else subject
    return f"cannot drop {what} because other objects depend on it"


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


def _name(relation: Relation, session: SessionState) -> str:
    """The name that finds it: with its schema, unless the search path has it first."""
    for namespace in session.search_path:
        if session.catalog.is_taken(namespace, relation.name):
            if namespace == relation.namespace:
                return quote_identifier(relation.name)
            break
    return qualified(relation.namespace, relation.name)
