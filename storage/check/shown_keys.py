"""Keys of index entries as people read them: the bytes in RocksDB, back to values where that is possible."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import UUID

from storage import types
from storage.keys import unescaped

if TYPE_CHECKING:
    from storage.catalog_entries import Table
    from storage.types import SqlType
    from storage.unique_keys import RowKey

_INTEGERS: Final = frozenset((types.SMALLINT.oid, types.INTEGER.oid, types.BIGINT.oid, types.OID.oid))
_TEXTS: Final = frozenset((types.TEXT.oid, types.VARCHAR.oid, types.CHAR.oid))
_BIAS: Final = 1 << 63
_END: Final = b"\0\0"


def shown_key(table: Table, row_key: RowKey, entry: bytes) -> str:
    """`key (id)=(7)`; the values of other types than the commonest as they are in the index, in hexadecimal."""
    names = {column.number: column.name for column in table.columns}
    rest = entry[len(row_key.prefix) :]
    values = []
    for sql_type in row_key.types:
        taken = _taken(sql_type, rest)
        if taken is None:
            values.append(f"0x{rest.hex()}")
            break
        value, rest = taken
        values.append(value)
    return f"key ({', '.join(names[number] for number in row_key.columns)})=({', '.join(values)})"


def _taken(sql_type: SqlType, data: bytes) -> tuple[str, bytes] | None:
    """The first value, and what is behind it."""
    if sql_type.oid in _INTEGERS and len(data) >= 8:
        return str(int.from_bytes(data[:8], "big") - _BIAS), data[8:]
    if sql_type.oid == types.UUID.oid and len(data) >= 16:
        return str(UUID(bytes=data[:16])), data[16:]
    if sql_type.oid in _TEXTS and _END in data:
        end = data.index(_END)
        return unescaped(data[:end]).decode(errors="replace"), data[end + len(_END) :]
    return None
