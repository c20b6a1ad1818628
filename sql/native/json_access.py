"""Reading parts of json and jsonb: parts are cut out of the text, so that they stay as they were written."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

import msgspec

from sql.errors import InvalidParameterValue, UntranslatableCharacter
from sql.native.function import NativeFunction
from sql.native.json_parts import (
    field_column,
    field_text_column,
    item_column,
    item_text_column,
    path_column,
    path_text_column,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_DECODER: Final = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str)
_FIELDS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ITEMS: Final = msgspec.json.Decoder(list[msgspec.Raw])
_SPACE: Final = re.compile(r"[ \t\n\r]*")
_INTEGER: Final = re.compile(r"\s*[+-]?\d+")


def _skipped(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return at if found is None else found.end()


def _kind(text: str) -> str:
    """The first character that counts."""
    if text[:1] not in " \t\n\r":
        return text[:1]
    at = _skipped(text, 0)
    return text[at : at + 1]


def members(text: str) -> list[tuple[str, str]]:
    """The fields of an object, each value as it is written."""
    if "\\u003" not in text and "\\ud" not in text.lower():
        fields = [(key, str(value, "utf-8")) for key, value in _FIELDS.decode(text).items()]
        # Each field has a colon: if there are more, some key may be there twice. (`\\u003a` is one, too.)
        if text.count(":") == len(fields) + sum(key.count(":") + value.count(":") for key, value in fields):
            return fields
    return members_one_by_one(text)


def members_one_by_one(text: str) -> list[tuple[str, str]]:
    """The fields of any object, read from its start."""
    found = []
    at = _skipped(text, _skipped(text, 0) + 1)
    while text[at] != "}":
        key, at = _DECODER.raw_decode(text, at)
        start = _skipped(text, _skipped(text, at) + 1)
        end = _DECODER.raw_decode(text, start)[1]
        found.append((key, text[start:end]))
        at = _skipped(text, end)
        if text[at] == ",":
            at = _skipped(text, at + 1)
    return found


def items(text: str) -> list[str]:
    """The elements of an array, as they are written."""
    try:
        return [str(item, "utf-8") for item in _ITEMS.decode(text)]
    except msgspec.DecodeError:
        # It does not take halves of surrogate pairs, which json may have.
        return items_one_by_one(text)


def items_one_by_one(text: str) -> list[str]:
    """The elements of any array, read from its start."""
    found = []
    at = _skipped(text, _skipped(text, 0) + 1)
    while text[at] != "]":
        end = _DECODER.raw_decode(text, at)[1]
        found.append(text[at:end])
        at = _skipped(text, end)
        if text[at] == ",":
            at = _skipped(text, at + 1)
    return found


def as_text(value: str | None) -> str | None:
    """A part as `->>` gives it: strings without quotes, and NULL for null."""
    if value is None or value.strip(" \t\n\r") == "null":
        return None
    if not value.lstrip(" \t\n\r").startswith('"'):
        return value
    if "\\" not in value:
        return value.strip(" \t\n\r")[1:-1]
    text: str = json.loads(value, strict=False)
    if "\x00" in text:
        raise UntranslatableCharacter(
            "unsupported Unicode escape sequence", detail="\\u0000 cannot be converted to text."
        )
    return text


def field(text: str, key: str) -> str | None:
    """`->` a key: of several of one name, the last."""
    if _kind(text) != "{":
        return None
    try:
        found = _FIELDS.decode(text).get(key)
    except msgspec.DecodeError:
        return dict(members_one_by_one(text)).get(key)
    return None if found is None else str(found, "utf-8")


def item(text: str, index: int) -> str | None:
    """`->` a position in an array, from its end if negative."""
    if _kind(text) != "[":
        return None
    found = items(text)
    return found[index] if -len(found) <= index < len(found) else None


def jsonb_item(text: str, index: int) -> str | None:
    """The same of a jsonb, where a scalar is an array of itself."""
    if _kind(text) not in ("[", "{"):
        return text if index in (0, -1) else None
    return item(text, index)


def at_path(text: str, path: Sequence[str | None]) -> str | None:
    """`#>`."""
    found: str | None = text
    for step in path:
        if found is None or step is None:
            return None
        kind = _kind(found)
        if kind == "{":
            found = field(found, step)
        elif kind == "[" and _INTEGER.fullmatch(step):
            found = item(found, int(step))
        else:
            return None
    return found


def _texts(function: Callable[..., str | None]) -> Callable[..., str | None]:
    return lambda *arguments: as_text(function(*arguments))


def _elements(text: str, array: str, scalar: str) -> list[str]:
    kind = _kind(text)
    if kind != "[":
        raise InvalidParameterValue(array if kind == "{" else scalar)
    return items(text)


def json_elements(text: str) -> list[str]:
    """json_array_elements()."""
    call = "cannot call json_array_elements on a"
    return _elements(text, f"{call} non-array", f"{call} scalar")


def json_element_texts(text: str) -> list[str | None]:
    """json_array_elements_text()."""
    call = "cannot call json_array_elements_text on a"
    return [as_text(value) for value in _elements(text, f"{call} non-array", f"{call} scalar")]


def jsonb_elements(text: str) -> list[str]:
    """jsonb_array_elements()."""
    return _elements(text, "cannot extract elements from an object", "cannot extract elements from a scalar")


def jsonb_element_texts(text: str) -> list[str | None]:
    """jsonb_array_elements_text()."""
    return [as_text(value) for value in jsonb_elements(text)]


def array_length(text: str) -> int:
    """json_array_length()."""
    return len(_elements(text, "cannot get array length of a non-array", "cannot get array length of a scalar"))


def _keys_of(function: str) -> Callable[[str], list[str]]:
    def keys(text: str) -> list[str]:
        kind = _kind(text)
        if kind != "{":
            raise InvalidParameterValue(f"cannot call {function} on {'an array' if kind == '[' else 'a scalar'}")
        return [key for key, _ in members(text)]

    return keys


def _members_of(text: str) -> list[tuple[str, str]]:
    kind = _kind(text)
    if kind != "{":
        what = "an array as an object" if kind == "[" else "a scalar"
        raise InvalidParameterValue(f"cannot deconstruct {what}")
    return members(text)


def each_keys(text: str) -> list[str]:
    """The keys of json_each()."""
    return [key for key, _ in _members_of(text)]


def each_values(text: str) -> list[str]:
    """The values of json_each()."""
    return [value for _, value in _members_of(text)]


def each_texts(text: str) -> list[str | None]:
    """The values of json_each_text()."""
    return [as_text(value) for _, value in _members_of(text)]


_TYPES: Final = {"{": "object", "[": "array", '"': "string", "t": "boolean", "f": "boolean", "n": "null"}


def type_name(text: str) -> str:
    """json_typeof()."""
    return _TYPES.get(_kind(text), "number")


def scalar_for_cast(text: str, target: str) -> str:
    """The text of a number or boolean that a jsonb is cast to. Raises 22023."""
    kind = type_name(text)
    if kind != ("boolean" if target == "boolean" else "number"):
        what = {"array": "array", "object": "object"}.get(kind, kind)
        if kind == "number":
            what = "numeric"
        raise InvalidParameterValue(f"cannot cast jsonb {what} to type {target}")
    return text


def has_any(text: str, keys: Sequence[str | None], every: bool) -> bool:
    """`?|` and `?&`: keys that are NULL do not count."""
    kind = _kind(text)
    if kind == "{":
        found = {key for key, _ in members(text)}
    elif kind == "[":
        found = {json.loads(value) for value in items(text) if value.startswith('"')}
    else:
        found = {json.loads(text)} if kind == '"' else set()
    tests = [key in found for key in keys if key is not None]
    return all(tests) if every else any(tests)


_T: Final = "VARCHAR"
_TS: Final = "VARCHAR[]"

JSON_ACCESS_FUNCTIONS: Final = (
    NativeFunction("silt_json_field", field, (_T, _T), _T, field_column),
    NativeFunction("silt_json_field_text", _texts(field), (_T, _T), _T, field_text_column),
    NativeFunction("silt_json_item", item, (_T, "BIGINT"), _T, item_column),
    NativeFunction("silt_json_item_text", _texts(item), (_T, "BIGINT"), _T, item_text_column),
    NativeFunction("silt_jsonb_item", jsonb_item, (_T, "BIGINT"), _T, item_column),
    NativeFunction("silt_jsonb_item_text", _texts(jsonb_item), (_T, "BIGINT"), _T, item_text_column),
    NativeFunction("silt_json_path", at_path, (_T, _TS), _T, path_column),
    NativeFunction("silt_json_path_text", _texts(at_path), (_T, _TS), _T, path_text_column),
    NativeFunction("silt_json_elements", json_elements, (_T,), _TS),
    NativeFunction("silt_json_elements_text", json_element_texts, (_T,), _TS),
    NativeFunction("silt_jsonb_elements", jsonb_elements, (_T,), _TS),
    NativeFunction("silt_jsonb_elements_text", jsonb_element_texts, (_T,), _TS),
    NativeFunction("silt_json_length", array_length, (_T,), "INTEGER"),
    NativeFunction("silt_json_keys", _keys_of("json_object_keys"), (_T,), _TS),
    NativeFunction("silt_jsonb_keys", _keys_of("jsonb_object_keys"), (_T,), _TS),
    NativeFunction("silt_json_each_keys", each_keys, (_T,), _TS),
    NativeFunction("silt_json_each_values", each_values, (_T,), _TS),
    NativeFunction("silt_json_each_texts", each_texts, (_T,), _TS),
    NativeFunction("silt_json_typeof", type_name, (_T,), _T),
    NativeFunction("silt_jsonb_scalar", scalar_for_cast, (_T, _T), _T),
    NativeFunction("silt_jsonb_has_any", has_any, (_T, _TS, "BOOLEAN"), "BOOLEAN"),
)
