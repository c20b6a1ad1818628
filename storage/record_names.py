"""What a record of RocksDB is, in words: for messages about damage."""

from __future__ import annotations

from typing import Final

from storage.keys import KeyKind, unpack_seq

_OID_BYTES: Final = 8

_NAMES: Final = {kind: kind.name.lower().replace("_", " ") for kind in KeyKind} | {
    KeyKind.META: "record",
    KeyKind.HOT: "hot rows of store",
    KeyKind.DEAD: "dead row of store",
    KeyKind.INDEX: "index entry of store",
    KeyKind.UNIQUE: "index entry of store",
    KeyKind.MANIFEST: "manifest entry of store",
}


def kind_of(record_key: bytes) -> KeyKind | None:
    """The kind of a record."""
    return next((kind for kind in KeyKind if record_key.startswith(kind.value)), None)


def name_of(record_key: bytes) -> str:
    """What a record is, by its key: `table 16384`, `hot rows of store 16384, row 7`."""
    kind = kind_of(record_key)
    if kind is None:
        return f"record 0x{record_key.hex()}"
    rest = record_key[len(kind.value) :]
    if kind is KeyKind.META or len(rest) < _OID_BYTES:
        return f"{_NAMES[kind]} {rest!r}"
    named = f"{_NAMES[kind]} {unpack_seq(rest[:_OID_BYTES])}"
    rest = rest[_OID_BYTES:]
    if kind in (KeyKind.HOT, KeyKind.DEAD, KeyKind.MANIFEST) and len(rest) == _OID_BYTES:
        return f"{named}, row {unpack_seq(rest)}"
    return f"{named}, 0x{rest.hex()}" if rest else named
