"""Calls that have a syntax of their own."""

from __future__ import annotations

from typing import Final

SPELT: Final = {
    "text": [
        ("substring(¤ from ¤ for ¤)", "text", "integer", "integer"),
        ("substring(¤ from ¤)", "text", "pattern"),
        ("trim(both ¤ from ¤)", "text", "text"),
        ("trim(leading from ¤)", "text"),
        ("trim(trailing ¤ from ¤)", "text", "text"),
        ("overlay(¤ placing ¤ from ¤)", "text", "text", "integer"),
        ("concat_ws(',', ¤, ¤)", "text", "integer"),
        ("concat(¤, ¤)", "text", "boolean"),
        ("quote_literal(¤)", "text"),
        ("(¤ || ¤)", "text", "integer"),
        ("(¤ ->> ¤)", "jsonb", "key"),
        ("(¤ #>> ¤)", "json", "path"),
        ("pg_typeof(¤)::text", "numeric"),
        ("to_char(¤, ¤)", "numeric", "number"),
        ("to_char(¤, ¤)", "timestamp with time zone", "moment"),
    ],
    "integer": [
        ("position(¤ in ¤)", "text", "text"),
        ("array_length(¤, 1)", "text[]"),
        ("cardinality(¤)", "integer[]"),
    ],
    "numeric": [
        ("extract(¤ from ¤)", "unit", "timestamp without time zone"),
        ("extract(¤ from ¤)", "unit", "interval"),
        ("extract(¤ from ¤)", "unit", "timestamp with time zone"),
        ("extract(¤ from ¤)", "unit", "date"),
    ],
    "timestamp without time zone": [("(¤ at time zone ¤)", "timestamp with time zone", "zone")],
    "timestamp with time zone": [("(¤ at time zone ¤)", "timestamp without time zone", "zone")],
    "boolean": [("((¤, ¤) overlaps (¤, ¤))", *["date"] * 4), ("(¤ ? ¤)", "jsonb", "key")],
    "text[]": [
        ("(¤)[¤:¤]", "text[]", "integer", "integer"),
        ("string_to_array(¤, ',')", "text"),
        ("(¤ || ¤)", "text[]", "text"),
    ],
    "integer[]": [
        ("(¤)[¤:]", "integer[]", "integer"),
        ("(¤ || ¤)", "integer[]", "integer[]"),
        ("(¤ || ¤)", "integer", "integer[]"),
    ],
    "jsonb": [
        ("jsonb_build_object(¤, ¤)", "text", "integer"),
        ("(¤ -> ¤)", "jsonb", "key"),
        ("(¤ #> ¤)", "jsonb", "path"),
        ("to_jsonb(¤)", "timestamp with time zone"),
        ("(¤ - ¤)", "jsonb", "integer"),
        ("jsonb_build_array(¤, ¤)", "date", "double precision"),
    ],
    "json": [
        ("json_build_object(¤, ¤)", "text", "interval"),
        ("to_json(¤)", "text[]"),
        ("(¤ -> ¤)", "json", "integer"),
    ],
    "date": [("(¤ + ¤)", "date", "integer"), ("make_date(¤, 2, 29)", "integer")],
    "interval": [
        ("(¤ * ¤)", "interval", "double precision"),
        ("age(¤, ¤)", "timestamp with time zone", "timestamp with time zone"),
        ("(¤ - ¤)", "timestamp with time zone", "timestamp with time zone"),
    ],
}
"""Calls that have a syntax of their own, by the type of their result: the text, then the types of its holes."""
