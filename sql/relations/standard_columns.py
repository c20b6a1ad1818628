"""information_schema.columns: every column of users' tables and of the computed relations."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from sql.relations.context import DATABASE
from sql.relations.pg_types import BY_OID, formatted_name
from sql.relations.privileges import usable_tables, usable_views
from sql.relations.relation import Content, content_of
from sql.relations.standard_constraints import yes_or_no
from sql.sequence_names import shown_default
from storage.types import (
    BIGINT,
    CHAR,
    DATE,
    DOUBLE,
    INTEGER,
    INTERVAL,
    NUMERIC,
    REAL,
    SMALLINT,
    TEXT,
    TIME,
    TIMESTAMP,
    TIMESTAMPTZ,
    VARCHAR,
    element_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sql.relations.context import RelationContext
    from sql.relations.relation import Relation
    from storage.catalog_entries import Column, SequenceGenerator, Table
    from storage.types import SqlType

_BINARY_DIGITS: Final = {SMALLINT.oid: 16, INTEGER.oid: 32, BIGINT.oid: 64, REAL.oid: 24, DOUBLE.oid: 53}
_INTEGERS: Final = (SMALLINT.oid, INTEGER.oid, BIGINT.oid)
_TEXTS: Final = (TEXT.oid, VARCHAR.oid, CHAR.oid)
_TIMES: Final = (TIME.oid, TIMESTAMP.oid, TIMESTAMPTZ.oid, INTERVAL.oid)
_LONGEST_TEXT_BYTES: Final = 1 << 30
_LONGEST_CHARACTER_BYTES: Final = 4
_MICROSECOND_DIGITS: Final = 6


class StandardType(NamedTuple):
    """A type in the terms of the standard; the fields are columns of information_schema.columns."""

    data_type: str
    udt_name: str
    character_maximum_length: int | None = None
    character_octet_length: int | None = None
    numeric_precision: int | None = None
    numeric_precision_radix: int | None = None
    numeric_scale: int | None = None
    datetime_precision: int | None = None


@lru_cache(maxsize=1024)
def standard_type(column_type: SqlType) -> StandardType:
    """What the standard says of a type."""
    oid, name = column_type.oid, BY_OID[column_type.oid].name
    if element_of(column_type) is not None:
        return StandardType("ARRAY", name)
    data_type = formatted_name(oid)
    if oid in _TEXTS:
        length = column_type.length
        octets = _LONGEST_TEXT_BYTES if length is None else length * _LONGEST_CHARACTER_BYTES
        return StandardType(data_type, name, length, octets)
    if oid in _BINARY_DIGITS:
        scale = 0 if oid in _INTEGERS else None
        return StandardType(
            data_type, name, numeric_precision=_BINARY_DIGITS[oid], numeric_precision_radix=2, numeric_scale=scale
        )
    if oid == NUMERIC.oid:
        known = column_type.modifier >= 0
        precision, scale = column_type.precision_and_scale if known else (None, None)
        return StandardType(
            data_type, name, numeric_precision=precision, numeric_precision_radix=10, numeric_scale=scale
        )
    if oid == DATE.oid:
        return StandardType(data_type, name, datetime_precision=0)
    if oid in _TIMES:
        return StandardType(data_type, name, datetime_precision=_MICROSECOND_DIGITS)
    return StandardType(data_type, name)


class StandardIdentity(NamedTuple):
    """An identity column in the terms of the standard; the fields are columns of information_schema.columns."""

    is_identity: str = "NO"
    identity_generation: str | None = None
    identity_start: str | None = None
    identity_increment: str | None = None
    identity_maximum: str | None = None
    identity_minimum: str | None = None
    identity_cycle: str = "NO"


_NO_IDENTITY: Final = StandardIdentity()


def columns(context: RelationContext) -> Content:
    """The columns of users' tables and views."""
    owned = {each.owned_by: each for each in context.catalog.sequences.values() if each.owned_by is not None}
    tables = (
        (
            (*_described(table, column, _default(context, column)), *_identity(table, column, owned)),
            column.not_null,
            column.type,
        )
        for table in usable_tables(context)
        for column in table.columns
    )
    views = (
        ((view.namespace, view.name, column.name, number, None, *_generation(None), *_NO_IDENTITY), False, column.type)
        for view in usable_views(context)
        for number, column in enumerate(view.columns, start=1)
    )
    return _content([*((*each, True) for each in tables), *((*each, False) for each in views)])


def _identity(table: Table, column: Column, owned: Mapping[tuple[int, int], SequenceGenerator]) -> StandardIdentity:
    sequence = None if column.identity is None else owned.get((table.oid, column.number))
    if column.identity is None or sequence is None:
        return _NO_IDENTITY
    return StandardIdentity(
        "YES",
        column.identity.upper(),
        str(sequence.start),
        str(sequence.increment),
        str(sequence.maximum),
        str(sequence.minimum),
        yes_or_no(sequence.cycle),
    )


def _described(table: Table, column: Column, default: str | None) -> tuple[object, ...]:
    return table.namespace, table.name, column.name, column.number, default, *_generation(column.generated)


def _generation(expression: str | None) -> tuple[str, str | None]:
    return ("NEVER", None) if expression is None else ("ALWAYS", f"({expression})")


def _default(context: RelationContext, column: Column) -> str | None:
    if column.default is None or column.identity is not None:
        return None
    return shown_default(context.catalog, column.default, context.search_path)


def columns_of_relations(relations: Sequence[Relation]) -> Content:
    """The columns of the computed relations."""
    return _content(
        (
            (
                (relation.namespace, relation.name, column.name, number, None, *_generation(None), *_NO_IDENTITY),
                column.not_null,
                column.type,
                False,
            )
            for relation in relations
            for number, column in enumerate(relation.columns, start=1)
        )
    )


def _content(listed: Iterable[tuple[tuple[object, ...], bool, SqlType, bool]]) -> Content:
    rows = (
        (*described, yes_or_no(not not_null), str(described[3]), yes_or_no(updatable), *standard_type(column_type))
        for described, not_null, column_type, updatable in listed
    )
    return content_of(
        "table_schema table_name column_name ordinal_position column_default is_generated generation_expression "
        + " ".join(StandardIdentity._fields)
        + " is_nullable dtd_identifier is_updatable "
        + " ".join(StandardType._fields),
        rows,
        table_catalog=DATABASE,
        udt_catalog=DATABASE,
        udt_schema="pg_catalog",
        is_self_referencing="NO",
    )
