"""Parts of JSON of a whole column, found in C: fields of one key, items at one position, and paths of these."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import Raw

from sql.remembered_texts import remembered
from sql.types.arrow import Array, pa, pc

if TYPE_CHECKING:
    from collections.abc import Sequence


_VALUE: Final = "value"
_ABSENT: Final = Raw(b"")
_ARRAYS: Final = msgspec.json.Decoder(list[list[Raw]])
_INTEGER: Final = re.compile(r"\s*[+-]?\d+")
"""A step of a path that is a position, if it leads into an array."""
_PLAIN_KEY: Final = re.compile(r'[^"\\\x00-\x1f\x7f]*')
"""Others cannot be the names of a struct's fields."""


@remembered(256)
def _texts_decoder(key: str) -> msgspec.json.Decoder[Any]:
    """Reads the texts of a field out of a list of objects; other fields are passed over."""
    field = msgspec.defstruct("Field", [(_VALUE, str | None, None)], rename={_VALUE: key})
    return msgspec.json.Decoder(list[field])  # type: ignore[valid-type]  # made just now


@remembered(256)
def _parts_decoder(key: str) -> msgspec.json.Decoder[Any]:
    """Reads a field as it is written."""
    field = msgspec.defstruct("Field", [(_VALUE, Raw, _ABSENT)], rename={_VALUE: key})
    return msgspec.json.Decoder(list[field])  # type: ignore[valid-type]  # as above


def field_column(documents: Array, key: str) -> Array | None:
    """`->` a key: of several of one name, the last."""
    parts = _parts(_joined(documents), key) if _PLAIN_KEY.fullmatch(key) else None
    return None if parts is None else pa.array(parts, pa.string())


def field_text_column(documents: Array, key: str) -> Array | None:
    """`->>` a key."""
    joined = _joined(documents)
    if b"\\u0000" in joined or not _PLAIN_KEY.fullmatch(key):
        return None
    try:
        return pa.array([field.value for field in _texts_decoder(key).decode(joined)], pa.string())
    except msgspec.ValidationError:
        # Some are no texts.
        parts = _parts(joined, key)
    except msgspec.DecodeError:
        return None
    return None if parts is None else _texts_of(parts)


def item_column(documents: Array, index: int) -> Array | None:
    """`->` a position in arrays, from their ends if negative."""
    items = _items(documents, index)
    return None if items is None else pa.array(items, pa.string())


def item_text_column(documents: Array, index: int) -> Array | None:
    """`->>` a position."""
    items = _items(documents, index)
    return None if items is None else _texts_of(items)


def _items(documents: Array, index: int) -> Sequence[str | None] | None:
    try:
        found = _ARRAYS.decode(_joined(documents, "[]"))
    except msgspec.DecodeError:
        # Some are no arrays, for one.
        return None
    return [str(items[index], "utf-8") if -len(items) <= index < len(items) else None for items in found]


def path_column(documents: Array, path: Sequence[str]) -> Array | None:
    """`#>` a path, if each step leads into what it leads into in all documents."""
    found: Array | None = documents
    for step in path:
        if found is None:
            return None
        found = item_column(found, int(step)) if _INTEGER.fullmatch(step) else field_column(found, step)
    return found


def path_text_column(documents: Array, path: Sequence[str]) -> Array | None:
    """`#>>` a path."""
    if not path:
        return None
    before = path_column(documents, path[:-1])
    if before is None:
        return None
    last = path[-1]
    return item_text_column(before, int(last)) if _INTEGER.fullmatch(last) else field_text_column(before, last)


def _texts_of(parts: Sequence[str | None]) -> Array | None:
    if any(part is not None and "\\u0000" in part for part in parts):
        return None
    return pa.array(map(_as_text, parts), pa.string())


def _parts(joined: bytes, key: str) -> Sequence[str | None] | None:
    try:
        found = _parts_decoder(key).decode(joined)
    except msgspec.DecodeError:
        return None
    return [str(field.value, "utf-8") if field.value is not _ABSENT else None for field in found]


def _as_text(part: str | None) -> str | None:
    if part is None or part == "null":
        return None
    if not part.startswith('"'):
        return part
    text: str = part[1:-1] if "\\" not in part else msgspec.json.decode(part)
    return text


def _joined(documents: Array, empty: str = "{}") -> bytes:
    """A list of all documents; for NULL, an empty one."""
    if documents.null_count:
        documents = pc.fill_null(documents, empty)
    one_list = pa.ListArray.from_arrays(pa.array([0, len(documents)], pa.int32()), documents)
    return b"[%b]" % pc.binary_join(one_list, ",")[0].as_buffer()
