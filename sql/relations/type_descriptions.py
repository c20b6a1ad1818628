"""What pg_description says of types, by oid, as PostgreSQL 15 has it (pg_type.dat): psql's \\dT shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

TYPE_DESCRIPTIONS: Final[Mapping[int, str]] = {
    16: "boolean, 'true'/'false'",
    17: "variable-length string, binary values escaped",
    18: "single character",
    20: "~18 digit integer, 8-byte storage",
    21: "-32 thousand to 32 thousand, 2-byte storage",
    23: "-2 billion to 2 billion integer, 4-byte storage",
    24: "registered procedure",
    25: "variable-length string, no limit specified",
    26: "object identifier(oid), maximum 4 billion",
    27: "(block, offset), physical location of tuple",
    28: "transaction id",
    29: "command identifier type, sequence in transaction id",
    114: "JSON stored as text",
    700: "single-precision floating point number, 4-byte storage",
    701: "double-precision floating point number, 8-byte storage",
    869: "IP address/netmask, host address, netmask optional",
    1042: "char(length), blank-padded string, fixed storage length",
    1043: "varchar(length), non-blank-padded string, variable storage length",
    1082: "date",
    1083: "time of day",
    1114: "date and time",
    1184: "date and time with time zone",
    1186: "@ <number> <units>, time interval",
    1700: "numeric(precision, decimal), arbitrary precision number",
    2202: "registered procedure (with args)",
    2205: "registered class",
    2206: "registered type",
    2950: "UUID datatype",
    3802: "Binary JSON",
    4089: "registered namespace",
    4096: "registered role",
}
