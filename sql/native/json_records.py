"""Objects of json and jsonb as rows: the texts of the fields that a row has, for its types' input functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sql.errors import FeatureNotSupported, InvalidParameterValue, InvalidTextRepresentation
from sql.native.function import NativeFunction
from sql.native.json_access import as_text, items, members, type_name
from sql.types.array_input import read_elements

if TYPE_CHECKING:
    from collections.abc import Sequence

Texts = list[str | None]


def object_row(text: str, names: Sequence[str], kinds: str) -> Texts:
    """The fields of an object by name; NULL of those that are missing or null.

    `kinds` has a letter for each: `t` of a type that reads the text of a string, `j` of one that takes JSON as it is.
    """
    kind = type_name(text)
    if kind != "object":
        what = "an array" if kind == "array" else "a scalar"
        raise InvalidParameterValue(f"cannot call populate_composite on {what}")
    return _row(text, names, kinds)


def _row(text: str, names: Sequence[str], kinds: str) -> Texts:
    values = dict(members(text))
    return [_value(values.get(name), kind) for name, kind in zip(names, kinds, strict=True)]


def _value(value: str | None, kind: str) -> str | None:
    if value is None or kind == "t":
        return as_text(value)
    return None if value.strip(" \t\n\r") == "null" else value


def array_rows(text: str, names: Sequence[str], kinds: str, function: str) -> list[Texts]:
    """The same of each object of an array. `function` is what messages call the function."""
    kind = type_name(text)
    if kind != "array":
        what = "a non-array" if function.startswith("jsonb") else "an object" if kind == "object" else "a scalar"
        raise InvalidParameterValue(f"cannot call {function} on {what}")
    elements = items(text)
    if any(type_name(element) != "object" for element in elements):
        raise InvalidParameterValue(f"argument of {function} must be an array of objects")
    return [_row(element, names, kinds) for element in elements]


def array_texts(text: str, key: str, kind: str) -> Texts:
    """The elements of a field that becomes an array; a string is read as an array's text."""
    found = type_name(text)
    if found == "string":
        return read_elements(as_text(text) or "")
    if found != "array":
        raise InvalidTextRepresentation("expected JSON array", hint=f'See the value of key "{key}".')
    elements = items(text)
    if any(type_name(element) == "array" for element in elements):
        raise FeatureNotSupported("arrays of more than one dimension are not supported")
    return [_value(element, kind) for element in elements]


_T: Final = "VARCHAR"
_TS: Final = "VARCHAR[]"

JSON_RECORD_FUNCTIONS: Final = (
    NativeFunction("silt_json_row", object_row, (_T, _TS, _T), _TS),
    NativeFunction("silt_json_rows", array_rows, (_T, _TS, _T, _T), "VARCHAR[][]"),
    NativeFunction("silt_json_array_texts", array_texts, (_T, _T, _T), _TS),
)
