"""The one key space of RocksDB: which kinds of keys there are, and how their parts become bytes that sort in order.

A key is a kind (a prefix that is no other kind's prefix) and parts. Every part is *memcomparable*: comparing the bytes
gives the order of the values, and no part is a prefix of another one of its type, so that parts can follow each other.

============ ==================================== =====================================================
kind         parts                                value
============ ==================================== =====================================================
META         name                                 format version, next oid
NAMESPACE    oid                                  `catalog.Namespace`
ROLE         oid                                  `catalog.Role`
TABLE        oid                                  `catalog.Table`
VIEW         oid                                  `catalog.View`
SEQUENCE     oid                                  `catalog.SequenceGenerator`
SEQ_VALUE    sequence, its store                  `SEQUENCE_VALUE`: the last number it may have given: `sequences`
DROPPED      oid                                  `catalog.DroppedTable`: its space is still to be reclaimed
DROPPED_ROLE oid                                  `catalog.DroppedRole`: its rows are still to be removed
PARTITION    table, owner                         `catalog.Partition`: the row store of a role in a user table
HOT          store, first seq                     rows with consecutive seqs (`hot_value`)
DEAD         store, seq                           when the row version died, in microseconds, 8 bytes; or nothing
INDEX        store, primary key                   seq of the live row, 8 bytes
UNIQUE       store, index, key                    the same, of another index that is unique
MANIFEST     store, lowest seq                    `segment.Segment`
HIGH_WATER   store                                the highest seq that was ever flushed or evicted, 8 bytes
FLUSHED      store                                when it was last flushed, in microseconds since the epoch, 8 bytes
MARK         store, first seq                     of a stream: when that row came, in microseconds, 8 bytes
LOAD         store, first seq, last seq           a staged load of these seqs has not been committed: nothing, or the
                                                  `catalog.Table` that its transaction has made of the table
SEGMENT_LOAD store, first seq, last seq           a load of these seqs into a segment has not been committed: nothing
DELETION     store, first seq                     seqs and keys of deletions that have not been committed: `staging`
RESTORE      first oid, oid after the last        nothing: a restore of these has not been committed
JOB …        as the jobs package lays out         records of jobs
============ ==================================== =====================================================
"""

from __future__ import annotations

import struct
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from storage import types
from storage.types import SqlType, element_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from decimal import Decimal

    KeyEncoder = Callable[[tuple[Any, ...]], bytes]
    PartEncoder = Callable[[Any], bytes]
    EntryEncoder = Callable[[tuple[Any, ...]], bytes | None]


class KeyKind(bytes, Enum):
    """What a key is of: the first one or two bytes of it."""

    META = b"!"
    NAMESPACE = b"n"
    ROLE = b"r"
    TABLE = b"t"
    VIEW = b"v"
    SEQUENCE = b"q"
    SEQUENCE_VALUE = b"g"
    DROPPED = b"x"
    DROPPED_ROLE = b"y"
    PARTITION = b"p"
    HOT = b"h"
    DEAD = b"d"
    INDEX = b"i"
    UNIQUE = b"eu"
    MANIFEST = b"m"
    HIGH_WATER = b"w"
    FLUSHED = b"f"
    MARK = b"s"
    LOAD = b"l"
    SEGMENT_LOAD = b"b"
    DELETION = b"k"
    RESTORE = b"u"
    JOB = b"jj"
    JOB_INDEX = b"ji"
    JOB_ATTEMPT = b"ja"
    JOB_EVENT = b"je"
    SCHEDULE = b"js"


STORE_KINDS: Final = (
    KeyKind.HOT,
    KeyKind.DEAD,
    KeyKind.INDEX,
    KeyKind.UNIQUE,
    KeyKind.MANIFEST,
    KeyKind.HIGH_WATER,
    KeyKind.FLUSHED,
    KeyKind.MARK,
    KeyKind.LOAD,
    KeyKind.SEGMENT_LOAD,
    KeyKind.DELETION,
)
"""The kinds that hold one row store: the store's id is the first part of their keys."""


def key(kind: KeyKind, *parts: int | str | bytes) -> bytes:
    """The key of a kind with these parts; fewer parts than the kind has give the prefix of all its keys.

    An `int` (0 to 2**64 - 1) takes 8 bytes, a `str` is escaped and ended, and `bytes` stand as they are: for the last
    part only, or for what is memcomparable already.
    """
    return kind.value + b"".join(map(_part, parts))


def _part(part: int | str | bytes) -> bytes:
    if isinstance(part, int):
        return part.to_bytes(8, "big")
    if isinstance(part, str):
        return escaped(part.encode())
    return part


def prefix_end(prefix: bytes) -> bytes:
    """The first key after all keys that start with the prefix."""
    last = len(prefix) - 1
    while prefix[last] == 0xFF:
        last -= 1
    return prefix[:last] + bytes((prefix[last] + 1,))


def pack_seq(seq: int) -> bytes:
    """A seq as a key part or an index value."""
    return seq.to_bytes(8, "big")


def unpack_seq(data: bytes) -> int:
    """The seq that `pack_seq` packed."""
    return int.from_bytes(data, "big")


def escaped(data: bytes) -> bytes:
    """Bytes of any length, so that they sort in order and end visibly: NUL becomes 00 FF, and 00 00 ends them."""
    return data.replace(b"\0", b"\0\xff") + b"\0\0"


def unescaped(data: bytes) -> bytes:
    """What `escaped` was given, of its bytes without the end."""
    return data.replace(b"\0\xff", b"\0")


_INTEGER_BIAS: Final = 1 << 63
_WIDE_BIAS: Final = 1 << 127
_FLOAT: Final = struct.Struct(">d")
_DAY_MICROS: Final = 86_400_000_000


def encode_integer(value: int) -> bytes:
    """A signed 64-bit integer (and what is stored as one: dates, times)."""
    return (value + _INTEGER_BIAS).to_bytes(8, "big")


def encode_float(value: float) -> bytes:
    """A float in PostgreSQL's order: both zeros are equal, NaN is equal to itself and greater than all else."""
    if value != value:
        return b"\xff" * 8
    bits = int.from_bytes(_FLOAT.pack(value or 0.0), "big")
    return ((~bits & (1 << 64) - 1) if bits >> 63 else bits | _INTEGER_BIAS).to_bytes(8, "big")


def encode_interval(value: tuple[int, int, int]) -> bytes:
    """An interval by its length, for which PostgreSQL counts 30 days a month and 24 hours a day."""
    months, days, micros = value
    return ((months * 30 + days) * _DAY_MICROS + micros + _WIDE_BIAS).to_bytes(16, "big")


def _numeric_encoder(scale: int) -> PartEncoder:
    def encode(value: Decimal) -> bytes:
        sign, digits, exponent = value.as_tuple()
        assert isinstance(exponent, int), value
        unscaled = int("".join(map(str, digits)))
        shift = exponent + scale
        # A stored value has the column's scale, so a negative shift only ever drops zeros.
        power: int = 10 ** abs(shift)
        unscaled = unscaled * power if shift >= 0 else unscaled // power
        return ((-unscaled if sign else unscaled) + _WIDE_BIAS).to_bytes(16, "big")

    return encode


def _array_encoder(encode_element: PartEncoder) -> PartEncoder:
    """Element by element, NULL above all others; an array that is the beginning of another one comes before it."""

    def encode(value: list[Any]) -> bytes:
        parts = [b"\2" if item is None else b"\1" + encode_element(item) for item in value]
        return b"".join((*parts, b"\0"))

    return encode


def _encode_boolean(value: bool) -> bytes:
    return b"\1" if value else b"\0"


def encode_text(value: str) -> bytes:
    """A text, by its bytes."""
    return value.encode().replace(b"\0", b"\0\xff") + b"\0\0"


def _encode_fixed(value: bytes) -> bytes:
    return value


_TEXT_OIDS: Final = frozenset(
    t.oid
    for t in (
        types.TEXT,
        types.VARCHAR,
        types.CHAR,
        types.NAME,
        types.INTERNAL_CHAR,
        types.JSON,
        types.JSONB,
        types.UNKNOWN,
    )
)


def part_encoder(sql_type: SqlType) -> PartEncoder:
    """Makes a stored, non-null value of the type memcomparable, in the order that PostgreSQL's C collation gives."""
    oid = sql_type.oid
    if oid in _TEXT_OIDS:
        return encode_text
    if oid == types.NUMERIC.oid:
        return _numeric_encoder(sql_type.precision_and_scale[1])
    if oid in (types.REAL.oid, types.DOUBLE.oid):
        return encode_float
    if oid == types.BOOLEAN.oid:
        return _encode_boolean
    if oid == types.BYTEA.oid:
        return escaped
    if oid == types.UUID.oid:
        return _encode_fixed
    if oid == types.INTERVAL.oid:
        return encode_interval
    element = element_of(sql_type)
    return encode_integer if element is None else _array_encoder(part_encoder(element))


def key_encoder(sql_types: Sequence[SqlType]) -> KeyEncoder:
    """Makes the values of a key, in its columns' order, memcomparable."""
    parts = tuple(part_encoder(sql_type) for sql_type in sql_types)
    if len(parts) == 1:
        return _single_encoder(parts[0])

    def encode(values: tuple[Any, ...]) -> bytes:
        return b"".join([part(value) for part, value in zip(parts, values, strict=True)])

    return encode


def _single_encoder(part: PartEncoder) -> KeyEncoder:
    if part is encode_integer:
        # The commonest key by far: saves a call on each look-up.
        return lambda values: (values[0] + _INTEGER_BIAS).to_bytes(8, "big")
    return lambda values: part(values[0])


def entry_encoder(
    prefix: bytes, sql_types: Sequence[SqlType], positions: Sequence[int], *, nullable: bool
) -> EntryEncoder:
    """Makes an index entry of a whole row: the prefix, then the values at these positions, whose types these are.

    If they may be NULL, of a row with a NULL there it makes `None`.
    """
    parts = tuple(part_encoder(sql_type) for sql_type in sql_types)
    places = tuple(zip(parts, positions, strict=True))
    if nullable:

        def encode(row: tuple[Any, ...]) -> bytes | None:
            values = [row[position] for position in positions]
            if None in values:
                return None
            return prefix + b"".join([part(value) for part, value in zip(parts, values, strict=True)])

        return encode
    if len(parts) == 1:
        (part,), (position,) = parts, positions
        if part is encode_integer:
            return lambda row: prefix + (row[position] + _INTEGER_BIAS).to_bytes(8, "big")
        return lambda row: prefix + part(row[position])
    return lambda row: prefix + b"".join([part(row[position]) for part, position in places])
