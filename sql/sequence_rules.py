"""The options of CREATE and ALTER SEQUENCE → the rules by which a sequence gives numbers, as PostgreSQL makes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from msgspec.structs import replace

from sql.assignment import INTEGERS
from sql.errors import InvalidParameterValue
from storage import types as t

if TYPE_CHECKING:
    from sql.sequence_syntax import SequenceOptions
    from storage.catalog_entries import SequenceGenerator
    from storage.types import SqlType

_TYPES: Final = (t.SMALLINT.oid, t.INTEGER.oid, t.BIGINT.oid)


def default_bounds(sql_type: SqlType, increment: int) -> tuple[int, int]:
    """The lowest and highest number of a sequence of which nothing else is said: from 1 up, or from -1 down."""
    low, high = INTEGERS[sql_type.oid]
    return (1, high) if increment > 0 else (low, -1)


def with_options(
    sequence: SequenceGenerator, options: SequenceOptions, last: int | None, *, identity: bool = False
) -> SequenceGenerator:
    """The sequence by the rules of a statement. `last` is where it stands; `None` for one that is being made.

    RESTART is left to the caller, but for its being within the bounds, and so is OWNED BY. Raises
    `InvalidParameterValue`.
    """
    sequence_type = sequence.type if options.type is None else options.type
    if sequence_type.oid not in _TYPES:
        what = "identity column" if identity else "sequence"
        raise InvalidParameterValue(f"{what} type must be smallint, integer, or bigint")
    increment = sequence.increment if options.increment is None else options.increment
    if increment == 0:
        raise InvalidParameterValue("INCREMENT must not be zero")
    minimum, maximum = _bounds(sequence, options, sequence_type, increment, is_new=last is None)
    first = minimum if increment > 0 else maximum
    start = options.start if options.start is not None else (first if last is None else sequence.start)
    _require_within("START", start, minimum, maximum)
    if isinstance(options.restart, int):
        last = options.restart
    elif options.restart == "start":
        last = start
    if last is not None:
        _require_within("RESTART", last, minimum, maximum)
    cache = sequence.cache if options.cache is None else options.cache
    if cache <= 0:
        raise InvalidParameterValue(f"CACHE ({cache}) must be greater than zero")
    cycle = sequence.cycle if options.cycle is None else options.cycle
    return replace(
        sequence,
        type=sequence_type,
        increment=increment,
        minimum=minimum,
        maximum=maximum,
        start=start,
        cache=cache,
        cycle=cycle,
    )


def _bounds(
    sequence: SequenceGenerator, options: SequenceOptions, sequence_type: SqlType, increment: int, *, is_new: bool
) -> tuple[int, int]:
    low, high = default_bounds(sequence_type, increment)
    type_low, type_high = INTEGERS[sequence_type.oid]
    old_low, old_high = INTEGERS[sequence.type.oid]
    retyped = sequence_type.oid != sequence.type.oid

    def bound(given: int | Literal["no"] | None, default: int, now: int, of_type: int) -> int:
        if isinstance(given, int):
            return given
        if given == "no" or is_new:
            return default
        # A bound that was that of its type follows the type.
        return default if retyped and now == of_type else now

    maximum = bound(options.maximum, high, sequence.maximum, old_high)
    minimum = bound(options.minimum, low, sequence.minimum, old_low)
    for what, value in (("MAXVALUE", maximum), ("MINVALUE", minimum)):
        if not type_low <= value <= type_high:
            raise InvalidParameterValue(f"{what} ({value}) is out of range for sequence data type {sequence_type}")
    if minimum >= maximum:
        raise InvalidParameterValue(f"MINVALUE ({minimum}) must be less than MAXVALUE ({maximum})")
    return minimum, maximum


def _require_within(what: str, value: int, minimum: int, maximum: int) -> None:
    if value < minimum:
        raise InvalidParameterValue(f"{what} value ({value}) cannot be less than MINVALUE ({minimum})")
    if value > maximum:
        raise InvalidParameterValue(f"{what} value ({value}) cannot be greater than MAXVALUE ({maximum})")
