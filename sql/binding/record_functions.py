"""Functions that make rows of json: json_to_record(set) and json_populate_record(set)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from sql.binding.arguments import no_function
from sql.binding.casts import cast_sql
from sql.binding.coercion import coerce
from sql.binding.record_fields import fields_of, is_record, may_be_null
from sql.binding.scope import row_of
from sql.binding.values import Bound
from sql.duckdb_types import literal_text
from sql.errors import DatatypeMismatch, FeatureNotSupported
from storage import types as t
from storage.types import SqlType, array_of, element_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sql.binding.context import Binding

Columns = tuple[tuple[str, SqlType], ...]

_JSONS: Final = frozenset({t.JSON.oid, t.JSONB.oid})


class RecordFunction(Struct, frozen=True):
    """One of these functions."""

    name: str
    json: SqlType
    takes_row: bool
    """Its first argument is a row, whose fields are the result's."""
    gives_set: bool


RECORD_FUNCTIONS: Final = {
    name: RecordFunction(name, sql_type, what == "populate", bool(suffix))
    for sql_type in (t.JSON, t.JSONB)
    for what in ("to", "populate")
    for suffix in ("", "set")
    for name in (f"{sql_type.name}_{what}_record{suffix}",)
}


class RecordCall(Struct, frozen=True):
    """A call of one, with its arguments as they are."""

    function: RecordFunction
    base: Bound | None
    """The row that it takes."""
    value: str

    def columns(self) -> Columns:
        """The columns that the row says."""
        assert self.base is not None, self.function.name
        return tuple((name, t.TEXT if field.is_unknown else field.type) for name, field in self.base.fields)

    def texts(self, columns: Columns) -> str:
        """The texts of the columns of a row as a list; of a function that gives a set, a list of such lists."""
        names = ", ".join(literal_text(name) for name, _ in columns)
        kinds = "".join("t" if _reads_text(sql_type) else "j" for _, sql_type in columns)
        if self.function.gives_set:
            return f"silt_json_rows({self.value}, [{names}], '{kinds}', '{self.function.name}')"
        return f"silt_json_row({self.value}, [{names}], '{kinds}')"

    def fields(self, binding: Binding, texts: str, columns: Columns) -> list[tuple[str, Bound]]:
        """The columns of a row of which the text gives the texts."""
        read = [(name, _read(binding, f"{texts}[{n}]", name, each)) for n, (name, each) in enumerate(columns, start=1)]
        if self.base is None or self.base.sql.startswith("CAST(NULL"):
            return read
        if self.function.gives_set:
            raise FeatureNotSupported(f"{self.function.name}() with a row that is not NULL is not supported")
        base = self.base.fields
        return [(name, self._or_base(field, kept)) for (name, field), (_, kept) in zip(read, base, strict=True)]

    def _or_base(self, field: Bound, kept: Bound) -> Bound:
        """What the row has, where the object does not name the field."""
        has = f"silt_jsonb_has({self.value}, {literal_text(field.name)})"
        return replace(field, sql=f"(CASE WHEN {has} THEN {field.sql} ELSE {kept.sql} END)", scale=None)


def record_call(binding: Binding, name: str, given: Sequence[Bound], position: int | None) -> RecordCall:
    """A call of one of these functions. Raises `UndefinedFunction`, and `DatatypeMismatch` for a row that is none."""
    function = RECORD_FUNCTIONS[name]
    *rows, value = given or [Bound("NULL", t.UNKNOWN)]
    if len(rows) != function.takes_row or not (value.is_unknown or value.type.oid == function.json.oid):
        raise no_function(name, given, position)
    if rows and not is_record(rows[0]):
        if rows[0].is_unknown:
            raise DatatypeMismatch(f"could not determine polymorphic type because input has type {t.UNKNOWN}")
        raise DatatypeMismatch(f"first argument of {name} must be a row type", position=position)
    return RecordCall(function, rows[0] if rows else None, coerce(binding, value, function.json).sql)


def record_value(binding: Binding, call: RecordCall, position: int | None) -> Bound:
    """The row of a call that is a value."""
    if not call.function.takes_row:
        raise FeatureNotSupported(
            f"could not determine row type for result of {call.function.name}",
            hint="Provide a non-null record argument, "
            "or call the function in the FROM clause using a column definition list.",
            position=position,
        )
    columns = call.columns()
    texts = call.texts(columns)
    name = call.function.name
    if call.function.gives_set:
        row = row_of(call.fields(binding, "item", columns))
        rows = f"unnest(list_transform({texts}, lambda item: {row.sql}))"
        return Bound(rows, t.RECORD, name, names_strongly=True, position=position, fields=fields_of(rows, row.fields))
    row = row_of(call.fields(binding, texts, columns))
    assert call.base is not None
    if may_be_null(call.base):
        row = replace(row, sql=f"(CASE WHEN {call.value} IS NOT NULL THEN {row.sql} ELSE {call.base.sql} END)")
    return replace(row, position=position).called(name)


def _reads_text(sql_type: SqlType) -> bool:
    return sql_type.oid not in _JSONS and element_of(sql_type) is None


def _read(binding: Binding, text: str, name: str, sql_type: SqlType) -> Bound:
    """A column of its text: its type's input function reads it."""
    element = element_of(sql_type)
    if element is not None:
        kind = "t" if _reads_text(element) else "j"
        listed = f"silt_json_array_texts({text}, {literal_text(name)}, '{kind}')"
        sql = cast_sql(binding, listed, array_of(t.TEXT), sql_type, explicit=False)
    else:
        sql = cast_sql(binding, text, t.TEXT, sql_type, explicit=False)
    return Bound(sql, sql_type, name, names_strongly=True)
