"""pg_opclass: by what btree orders each type, with PostgreSQL's own oids."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sql.relations.oids import BOOTSTRAP_ROLE_OID, PG_CATALOG_OID
from sql.relations.relation import Content, content_of
from storage.types import TEXT, VARCHAR

if TYPE_CHECKING:
    from storage.types import SqlType

BTREE: Final = 403
"""The oid of the access method."""

_DATA: Final = """
    1978 int4_ops 1976 23 0
    1979 int2_ops 1976 21 0
    1981 oid_ops 1989 26 0
    3122 date_ops 434 1082 0
    3123 float8_ops 1970 701 0
    3124 int8_ops 1976 20 0
    3125 numeric_ops 1988 1700 0
    3126 text_ops 1994 25 0
    3127 timestamptz_ops 434 1184 0
    3128 timestamp_ops 434 1114 0
    10003 bool_ops 424 16 0
    10004 bpchar_ops 426 1042 0
    10006 bytea_ops 428 17 0
    10007 char_ops 429 18 0
    10012 float4_ops 1970 700 0
    10022 interval_ops 1982 1186 0
    10028 name_ops 1994 19 2275
    10038 time_ops 1996 1083 0
    10065 uuid_ops 2968 2950 0
    10088 jsonb_ops 4033 3802 0
"""
"""oid, opcname, opcfamily, opcintype, opckeytype of the default classes."""

_CLASSES: Final = tuple(tuple(line.split()) for line in _DATA.strip().splitlines())
_BY_TYPE: Final = {int(input_type): int(oid) for oid, _, _, input_type, _ in _CLASSES}


def operator_class(column_type: SqlType) -> int:
    """The oid of the operator class by which an index orders a column of that type; 0 where there is none."""
    return _BY_TYPE.get(TEXT.oid if column_type.oid == VARCHAR.oid else column_type.oid, 0)


def pg_opclass() -> Content:
    """The rows of pg_opclass."""
    return content_of(
        "oid opcname opcfamily opcintype opckeytype",
        ((int(oid), name, int(family), int(input_type), int(key)) for oid, name, family, input_type, key in _CLASSES),
        opcmethod=BTREE,
        opcnamespace=PG_CATALOG_OID,
        opcowner=BOOTSTRAP_ROLE_OID,
        opcdefault=True,
    )
