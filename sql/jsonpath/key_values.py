"""`.keyvalue()`: the fields of an object as objects, each with the number by which PostgreSQL knows the object.

That number is where the object lies in jsonb's binary form (jsonb_util.c), which is measured here.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from sql.json_functions import Json

BASE_STEP: Final = 10_000_000_000
"""What lies in one value after the other is this far apart."""

_HEADER_BYTES: Final = 4
_ENTRY_BYTES: Final = 4
_LONG_SCALE: Final = 63
_LONG_WEIGHT: Final = 63


def offset_in(base: Json, wanted: dict[str, Any]) -> int:
    """Where an object of a value begins, in bytes; 0 if it is the value itself."""
    found = _find(base, wanted, 0)
    return 0 if found is None else found


def _find(value: Json, wanted: Json, start: int) -> int | None:
    if value is wanted:
        return start
    if not isinstance(value, dict | list):
        return None
    for item, at in _laid_out(value, start)[0]:
        if isinstance(item, dict | list) and (found := _find(item, wanted, at)) is not None:
            return found
    return None


def _laid_out(container: Json, start: int) -> tuple[list[tuple[Json, int]], int]:
    """The items of a container with where each begins, and where the last one ends."""
    is_object = isinstance(container, dict)
    items = list(container.values()) if is_object else container
    at = start + _HEADER_BYTES + _ENTRY_BYTES * len(items) * (2 if is_object else 1)
    if is_object:
        at += sum(len(key.encode(errors="surrogatepass")) for key in container)
    placed = []
    for item in items:
        if isinstance(item, dict | list | Decimal):
            at += -at % 4
        placed.append((item, at))
        at = _end(item, at)
    return placed, at


def _end(item: Json, start: int) -> int:
    match item:
        case dict() | list():
            return _laid_out(item, start)[1]
        case str():
            return start + len(item.encode(errors="surrogatepass"))
        case bool() | None:
            return start
        case Decimal():
            return start + _numeric_bytes(item)
    return start


def _numeric_bytes(number: Decimal) -> int:
    """Digits are kept in groups of four, two bytes each, behind a header of six bytes or, of a long one, eight."""
    exponent = number.as_tuple().exponent
    scale = -exponent if isinstance(exponent, int) and exponent < 0 else 0
    if not number:
        return 6 if scale <= _LONG_SCALE else 8
    stripped = number.normalize()
    lowest = stripped.as_tuple().exponent
    assert isinstance(lowest, int)
    weight = number.adjusted() // 4
    groups = weight - lowest // 4 + 1
    is_short = scale <= _LONG_SCALE and -_LONG_WEIGHT - 1 <= weight <= _LONG_WEIGHT
    return (6 if is_short else 8) + 2 * groups
