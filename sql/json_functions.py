"""What PostgreSQL's functions of jsonb compute, on the text of values: DuckDB calls these (`sql.native_functions`).

Results are jsonb's own text: keys in its order, numbers as they were written. Objects and arrays are Python's.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import msgspec

from sql.errors import ArraySubscriptError, InvalidParameterValue, InvalidTextRepresentation, NullValueNotAllowed
from sql.types.json import validate
from sql.types.jsonb import editable, normalise, rewritten, written

if TYPE_CHECKING:
    from collections.abc import Sequence

Json = Any
"""What JSON text stands for: None, bool, a number, str, list or dict."""

_DECODER: Final = json.JSONDecoder(parse_float=Decimal, parse_int=Decimal)
_COMPARABLE: Final = msgspec.json.Decoder(float_hook=Decimal)
_NUMBER: Final = (int, Decimal)
_ENCODER: Final = msgspec.json.Encoder()
_INDENT: Final = 4


def _raw(number: str) -> msgspec.Raw:
    return msgspec.Raw(number.encode())


_AS_WRITTEN: Final = msgspec.json.Decoder(float_hook=_raw)
_RAW_NUMBERS: Final = json.JSONDecoder(parse_float=_raw, parse_int=_raw)


def json_input(text: str) -> str:
    """A json as it was written. Raises 22P02."""
    validate(text)
    return text


def jsonb_input(text: str) -> str:
    """A jsonb. Raises 22P02."""
    return normalise(text)


def jsonb_concat(one: str, other: str) -> str:
    """`||`: objects are merged; anything else becomes an array."""
    left, right = _editable(one), _editable(other)
    if isinstance(left, dict) and isinstance(right, dict):
        return rewritten(left | right)
    return rewritten(_as_list(left) + _as_list(right))


def _as_list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [value]


def jsonb_has(text: str, key: str) -> bool:
    """`?`: whether there is a key of an object, or a string in an array, of this text; or it is the string itself."""
    value = _editable(text)
    return key in value if isinstance(value, dict | list) else isinstance(value, str) and key == value


def jsonb_delete_key(text: str, key: str) -> str:
    """`- text`: a key of an object, or the strings of an array."""
    return jsonb_delete_keys(text, [key])


def jsonb_delete_keys(text: str, keys: Sequence[str | None]) -> str:
    """`- text[]`."""
    value = _editable(text)
    if isinstance(value, dict):
        return rewritten({key: item for key, item in value.items() if key not in keys})
    if isinstance(value, list):
        return rewritten([item for item in value if not (isinstance(item, str) and item in keys)])
    raise InvalidParameterValue("cannot delete from scalar")


def jsonb_delete_index(text: str, index: int) -> str:
    """`- integer`: an element of an array, from its end if negative."""
    value = _editable(text)
    if isinstance(value, dict):
        raise InvalidParameterValue("cannot delete from object using integer index")
    if not isinstance(value, list):
        raise InvalidParameterValue("cannot delete from scalar")
    if -len(value) <= index < len(value):
        del value[index]
    return rewritten(value)


def jsonb_delete_path(text: str, path: Sequence[str | None]) -> str:
    """`#-`."""
    value = _editable(text)
    if not isinstance(value, dict | list):
        raise InvalidParameterValue("cannot delete path in scalar")
    if not value:
        return rewritten(value)
    place = _place(value, path)
    if place is not None:
        parent, step = place
        if isinstance(parent, dict):
            parent.pop(step, None)
        elif -len(parent) <= step < len(parent):
            del parent[step]
    return rewritten(value)


def jsonb_set(text: str, path: Sequence[str | None], new: str, create: bool) -> str:
    """The value with what is at the path replaced, or added there if it is missing."""
    value, item = _editable(text), _editable(new)
    if not isinstance(value, dict | list):
        raise InvalidParameterValue("cannot set path in scalar")
    if not value and not create:
        return rewritten(value)
    place = _place(value, path)
    if place is None:
        return rewritten(value)
    parent, step = place
    if isinstance(parent, dict):
        if create or step in parent:
            parent[step] = item
    elif -len(parent) <= step < len(parent):
        parent[step] = item
    elif create:
        parent.insert(0 if step < 0 else len(parent), item)
    return rewritten(value)


def jsonb_insert(text: str, path: Sequence[str | None], new: str, after: bool) -> str:
    """The value with another one inserted at the path."""
    value, item = _editable(text), _editable(new)
    if not isinstance(value, dict | list):
        raise InvalidParameterValue("cannot set path in scalar")
    place = _place(value, path)
    if place is None:
        return rewritten(value)
    parent, step = place
    if isinstance(parent, dict):
        if step in parent:
            raise InvalidParameterValue("cannot replace existing key")
        parent[step] = item
    else:
        at = step if step >= 0 else len(parent) + step
        parent.insert(min(max(at + after, 0), len(parent)), item)
    return rewritten(value)


def _place(value: Json, path: Sequence[str | None]) -> tuple[Json, Json] | None:
    """The object or array into which the last step of a path leads, and that step; `None` where it ends before."""
    steps = list(path)
    for number, step in enumerate(steps, start=1):
        if step is None:
            raise NullValueNotAllowed(f"path element at position {number} is null")
        if isinstance(value, list):
            index = _index(step, number)
            if number == len(steps):
                return value, index
            if not -len(value) <= index < len(value):
                return None
            value = value[index]
        elif isinstance(value, dict):
            if number == len(steps):
                return value, step
            if step not in value:
                return None
            value = value[step]
        else:
            return None
    return None


def _index(step: str, number: int) -> int:
    try:
        return int(step)
    except ValueError:
        raise InvalidTextRepresentation(f'path element at position {number} is not an integer: "{step}"') from None


def jsonb_strip_nulls(text: str) -> str:
    """Without the fields of objects that are null."""
    return rewritten(_stripped(_editable(text)))


def json_strip_nulls(text: str) -> str:
    """The same of a json, written without spaces."""
    try:
        return _ENCODER.encode(_stripped(_AS_WRITTEN.decode(text))).decode()
    except ValueError:
        # There may be halves of surrogate pairs in it, or integers of thousands of digits.
        return _compact(_stripped(_DECODER.decode(text)))


def _stripped(value: Json) -> Json:
    if isinstance(value, dict):
        return {key: _stripped(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_stripped(item) for item in value]
    return value


def _compact(value: Json) -> str:
    if isinstance(value, dict):
        return f"{{{','.join(f'{written(key)}:{_compact(item)}' for key, item in value.items())}}}"
    if isinstance(value, list):
        return f"[{','.join(map(_compact, value))}]"
    return written(value)


def jsonb_pretty(text: str) -> str:
    """Indented by four spaces."""
    if "{}" in text or "[]" in text:
        return _indented(_DECODER.decode(text), "")
    return msgspec.json.format(text, indent=_INDENT)


def _indented(value: Json, margin: str) -> str:
    inner = margin + "    "
    if isinstance(value, dict):
        items = [f"{inner}{written(key)}: {_indented(value[key], inner)}" for key in value]
        return "\n".join(("{", ",\n".join(items), margin + "}")) if items else "{\n" + margin + "}"
    if isinstance(value, list):
        items = [f"{inner}{_indented(item, inner)}" for item in value]
        return "\n".join(("[", ",\n".join(items), margin + "]")) if items else "[\n" + margin + "]"
    return written(value)


def jsonb_contains(one: str, other: str) -> bool:
    """`@>`."""
    whole, part = _comparable(one), _comparable(other)
    if isinstance(whole, list) and not isinstance(part, dict | list):
        return any(_equal(item, part) for item in whole)
    return _contains(whole, part)


def _contains(whole: Json, part: Json) -> bool:
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(
            key in whole and _contains(whole[key], item) for key, item in part.items()
        )
    if isinstance(part, list):
        return isinstance(whole, list) and all(any(_contains(mine, item) for mine in whole) for item in part)
    return _equal(whole, part)


def _equal(one: Json, other: Json) -> bool:
    if isinstance(one, _NUMBER) and isinstance(other, _NUMBER):
        return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)
    return type(one) is type(other) and bool(one == other)


def json_object(texts: Sequence[str | None]) -> str:
    """json_object(text[]): keys and values in turn."""
    if len(texts) % 2:
        raise ArraySubscriptError("array must have even number of elements")
    return json_object_of(texts[::2], texts[1::2])


def json_object_of(keys: Sequence[str | None], values: Sequence[str | None]) -> str:
    """json_object(text[], text[])."""
    if len(keys) != len(values):
        raise ArraySubscriptError("mismatched array dimensions")
    if None in keys:
        raise NullValueNotAllowed("null value not allowed for object key")
    pairs = (f"{written(key)} : {written(value)}" for key, value in zip(keys, values, strict=True))
    return f"{{{', '.join(pairs)}}}"


def _editable(text: str) -> Json:
    """A number is an `int`, or a `Raw` as it stands."""
    try:
        return editable(text)
    except ValueError:
        # An integer of thousands of digits.
        return _RAW_NUMBERS.decode(text)


def _comparable(text: str) -> Json:
    """A number is an `int` or a `Decimal`."""
    try:
        return _COMPARABLE.decode(text)
    except ValueError:
        return _DECODER.decode(text)
