"""Values as the text of JSON, as PostgreSQL's to_json writes them. NULL stays NULL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from sql.binding.coercion import settled
from sql.binding.elements import array_element
from sql.binding.record_fields import fields_of, may_be_null
from sql.binding.text_casts import text_of
from sql.binding.values import Bound
from sql.duckdb_errors import RAISED
from sql.duckdb_types import literal_text
from storage import types as t
from storage.types import element_of

if TYPE_CHECKING:
    from sql.binding.context import Binding
    from storage.types import SqlType

_NUMBERS: Final = frozenset({t.SMALLINT.oid, t.INTEGER.oid, t.BIGINT.oid})
_FLOATS: Final = frozenset({t.REAL.oid, t.DOUBLE.oid})
_JSONS: Final = frozenset({t.JSON.oid, t.JSONB.oid})


def as_json(binding: Binding, value: Bound, separator: str = ",") -> Bound:
    """The expression as JSON; a record field by field. `separator` stands between fields, and between elements."""
    if value.type.oid == t.RECORD.oid and value.fields:
        parts = []
        for number, (name, field) in enumerate(value.fields, start=1):
            key = msgspec.json.encode(name or f"f{number}").decode()
            parts.append(
                f"{literal_text(f'{key}:')} || coalesce({as_json(binding, settled(binding, field)).sql}, 'null')"
            )
        sql = "('{' || " + f" || {literal_text(separator)} || ".join(parts) + " || '}')"
        if may_be_null(value):
            sql = f"(CASE WHEN {value.sql} IS NOT NULL THEN {sql} END)"
        return value.computed(sql, t.JSON)
    if value.type.oid == t.RECORD_ARRAY.oid and value.fields:
        row = Bound("item", t.RECORD, fields=fields_of("item", value.fields))
        items = f"list_transform({value.sql}, lambda item: coalesce({as_json(binding, row).sql}, 'null'))"
        return value.computed(f"('[' || array_to_string({items}, {literal_text(separator)}) || ']')", t.JSON)
    return value.computed(value_as_json(binding, value.sql, value.type, separator), t.JSON)


def as_key(binding: Binding, value: Bound) -> Bound:
    """The expression as JSON for the key of an object; of an array, a row or a JSON value it raises 22023."""
    key = as_json(binding, value)
    if value.type.oid in (*_JSONS, t.RECORD.oid, t.RECORD_ARRAY.oid) or element_of(value.type) is not None:
        return key.computed(f"(CASE WHEN {key.sql} IS NOT NULL THEN {_NO_KEY} END)", t.JSON)
    return key


_NO_KEY: Final = f"CAST(error('{RAISED}22023: key value must be scalar, not array, composite, or json') AS VARCHAR)"


def value_as_json(binding: Binding, sql: str, sql_type: SqlType, separator: str = ",") -> str:
    """A value of a type, other than a record, as JSON: both are text."""
    element = array_element(sql_type)
    if element is not None:
        item = f"coalesce({value_as_json(binding, 'item', element)}, 'null')"
        return f"('[' || array_to_string(list_transform({sql}, lambda item: {item}), {literal_text(separator)}) || ']')"
    if sql_type.oid in _JSONS:
        return sql
    if sql_type.oid == t.NUMERIC.oid:
        return text_of(binding, sql, sql_type)
    if sql_type.oid == t.BOOLEAN.oid or sql_type.oid in _NUMBERS:
        return f"CAST({sql} AS VARCHAR)"
    text = text_of(binding, sql, sql_type)
    if sql_type.oid in _FLOATS:
        return f"(CASE WHEN isfinite({sql}) THEN {text} ELSE '\"' || {text} || '\"' END)"
    if sql_type.oid == t.TIMESTAMP.oid:
        text = f"regexp_replace({text}, ' ', 'T')"
    elif sql_type.oid == t.TIMESTAMPTZ.oid:
        text = f"regexp_replace(regexp_replace({text}, ' ', 'T'), '([+-][0-9][0-9])( BC)?$', '\\1:00\\2')"
    return f"CAST(to_json({text}) AS VARCHAR)"
