"""Names in text: quoted where PostgreSQL's quote_ident() quotes them."""

from __future__ import annotations

import re
from typing import Final

_PLAIN: Final = re.compile(r"[a-z_][a-z0-9_]*")

# Every keyword that is not "unreserved" in PostgreSQL 15 (pg_get_keywords).
_KEYWORDS_TEXT: Final = """
unreserved all analyse analyze and any array as asc asymmetric authorization between bigint binary bit boolean both
case cast char character check coalesce collate collation column concurrently constraint create cross current_catalog
current_date current_role current_schema current_time current_timestamp current_user dec decimal default deferrable
desc distinct do else end except exists extract false fetch float for foreign freeze from full grant greatest group
grouping having ilike in initially inner inout int integer intersect interval into is isnull join lateral leading
least left like limit localtime localtimestamp national natural nchar none normalize not notnull null nullif numeric
offset on only or order out outer overlaps overlay placing position precision primary real references returning right
row select session_user setof similar smallint some substring symmetric table tablesample then time timestamp to
trailing treat trim true union unique user using values varchar variadic verbose when where window with xmlattributes
xmlconcat xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable
"""
_KEYWORDS: Final = frozenset(_KEYWORDS_TEXT.split())


def quote_identifier(name: str) -> str:
    """The name as it has to be written in SQL."""
    if _PLAIN.fullmatch(name) and name not in _KEYWORDS:
        return name
    return '"' + name.replace('"', '""') + '"'


def qualified(namespace: str, name: str) -> str:
    """`namespace.name`, each quoted where it has to be."""
    return f"{quote_identifier(namespace)}.{quote_identifier(name)}"
