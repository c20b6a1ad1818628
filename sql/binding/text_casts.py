"""Casts to and from text: by DuckDB where it is known to read and write as PostgreSQL does, else by the codecs.

The macros called here (`sql.binding.macros`) make the quick case; what they leave is for `sql.native_casts`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sql.binding.elements import VECTORS
from sql.duckdb_types import duckdb_type, from_parts, parts_of
from sql.native_casts import CLOCKED, ELEMENTS_FUNCTION, input_function, output_function
from storage import types as t
from storage.types import SqlType, element_of

if TYPE_CHECKING:
    from sql.binding.context import Binding

STRINGS: Final = (t.TEXT.oid, t.VARCHAR.oid, t.CHAR.oid, t.NAME.oid, t.INTERNAL_CHAR.oid, t.UNKNOWN.oid)
REGS: Final = {
    t.REGCLASS.oid: "regclass",
    t.REGTYPE.oid: "regtype",
    t.REGPROC.oid: "regproc",
    t.REGNAMESPACE.oid: "regnamespace",
    t.REGROLE.oid: "regrole",
}
JSONS: Final = (t.JSON.oid, t.JSONB.oid)
_QUICK: Final = frozenset(
    {t.SMALLINT.oid, t.INTEGER.oid, t.BIGINT.oid, t.BOOLEAN.oid, t.BYTEA.oid, t.REAL.oid, t.DOUBLE.oid, t.OID.oid}
)
"""Types whose macro reads a text with nothing else to go by."""


def from_text(binding: Binding, sql: str, target: SqlType) -> str:
    """What the type's input function makes of a text. Elements of arrays are read by themselves (`casts`)."""
    if target.oid == t.INTERNAL_CHAR.oid:
        return f"left({sql}, 1)"
    if target.oid == t.NAME.oid:
        return f"CASE WHEN strlen({sql}) > 63 THEN {input_function(target)}({sql}) ELSE {sql} END"
    if target.oid in STRINGS:
        return sql
    if target.oid in REGS:
        return catalog_function(binding, f"silt_{REGS[target.oid]}_in", sql)
    if target.oid in _QUICK:
        return f"silt_text_to_{target.name}({sql})"
    if target.oid in CLOCKED:
        zone, now = binding.session_value("time_zone"), binding.session_value("now")
        return f"silt_text_to_{target.name}({sql}, CAST({zone} AS VARCHAR), CAST({now} AS BIGINT))"
    match target.oid:
        case t.NUMERIC.oid:
            return _numeric_from_text(sql, target)
        case t.UUID.oid:
            return f"CAST(silt_text_to_uuid({sql}) AS UUID)"
        case t.INTERVAL.oid:
            return from_parts(f"{input_function(target)}({sql})")
        case t.JSON.oid:
            return f"silt_json_input({sql})"
        case t.JSONB.oid:
            return f"silt_jsonb_input({sql})"
        case t.JSONPATH.oid:
            return f"silt_jsonpath_input({sql})"
        case _ if element_of(target) is not None:
            # Of numbers of catalog objects: a lambda cannot look up names.
            return f"CAST({ELEMENTS_FUNCTION}({sql}) AS {duckdb_type(target)})"
        case _:
            return f"CAST({sql} AS {duckdb_type(target)})"


def _numeric_from_text(sql: str, target: SqlType) -> str:
    """DuckDB reads what needs no rounding and fits whatever its digits are."""
    precision, scale = target.precision_and_scale
    text = f"{input_function(target)}({sql}, {target.modifier})"
    if precision > scale:
        fraction = f"(\\.[0-9]{{1,{scale}}})?" if scale else ""
        plain = f"-?[0-9]{{1,{precision - scale}}}{fraction}"
        text = f"CASE WHEN regexp_full_match({sql}, '{plain}') THEN {sql} ELSE {text} END"
    return f"CAST({text} AS {duckdb_type(target)})"


def text_of(binding: Binding, sql: str, source: SqlType) -> str:
    """What the type's output function writes."""
    element = element_of(source)
    if element is not None:
        return _array_text(binding, sql, element)
    if source.oid in REGS:
        return catalog_function(binding, f"silt_{REGS[source.oid]}_out", sql)
    if source.oid in VECTORS:
        return f"array_to_string({sql}, ' ')"
    match source.oid:
        case t.REAL.oid | t.DOUBLE.oid:
            digits = binding.session_value("setting:extra_float_digits")
            return f"silt_{source.name}_to_text({sql}, CAST({digits} AS VARCHAR))"
        case t.DATE.oid | t.TIMESTAMP.oid:
            return f"silt_{source.name}_to_text({sql})"
        case t.TIMESTAMPTZ.oid:
            return f"silt_timestamptz_to_text({sql}, CAST({binding.session_value('time_zone')} AS VARCHAR))"
        case t.INTERVAL.oid:
            return f"{output_function(source)}({parts_of(sql)})"
        case t.NUMERIC.oid:
            return f"silt_numeric_to_text({sql})"
        case t.BYTEA.oid:
            return f"('\\x' || lower(hex({sql})))"
        case t.JSON.oid | t.JSONB.oid | t.JSONPATH.oid:
            return sql
        case _ if source.oid in STRINGS:
            return sql
        case _:
            return f"CAST({sql} AS VARCHAR)"


def _array_text(binding: Binding, sql: str, element: SqlType) -> str:
    if element.oid == t.BOOLEAN.oid:
        # The output function writes `t`; the cast of a boolean to text writes `true`.
        inner = "CASE WHEN item THEN 't' ELSE 'f' END"
    else:
        inner = text_of(binding, "item", element)
    quoted = f"silt_array_item({inner})" if _may_need_quotes(element) else inner
    item = f"CASE WHEN item IS NULL THEN 'NULL' ELSE {quoted} END"
    return f"('{{' || array_to_string(list_transform({sql}, lambda item: {item}), ',') || '}}')"


_QUOTED: Final = frozenset(
    {*STRINGS, *JSONS, t.JSONPATH.oid, t.DATE.oid, t.TIMESTAMP.oid, t.TIMESTAMPTZ.oid, t.INTERVAL.oid, t.BYTEA.oid}
)


def _may_need_quotes(element: SqlType) -> bool:
    return element.oid in _QUOTED


def catalog_function(binding: Binding, name: str, argument: str) -> str:
    """A call of a function over the system relations, which the query then reads."""
    function = binding.context.functions.get(name)
    if function is None:
        return argument
    for namespace, relation in function.relations:
        binding.scan_for_macro(namespace, relation)
    return f"{function.duckdb or function.name}({argument})"
