"""Functions of jsonb, beside PostgreSQL."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sql import json_functions as js
from sql.errors import SqlError
from sql.types.jsonb import normalise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KEYS = st.sampled_from(["a", "b", "0", "1", "-1", "", "é"])
SCALARS = st.none() | st.booleans() | st.integers(-3, 3) | KEYS
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=8
).map(lambda value: normalise(json.dumps(value)))
PATHS = st.lists(KEYS, max_size=3)


@pytest.fixture(scope="module")
def oracle(postgres: str) -> Iterator[psycopg.Connection]:
    """A connection to PostgreSQL."""
    with psycopg.connect(postgres, autocommit=True) as connection:
        yield connection


def theirs(oracle: psycopg.Connection, expression: str, *arguments: object) -> object:
    """What PostgreSQL gives for an expression, as text; or that it is an error."""
    try:
        row = oracle.execute(f"SELECT ({expression})::text", arguments).fetchone()
    except psycopg.Error:
        return "an error"
    assert row is not None
    return row[0]


def ours(function: Callable[..., object], *arguments: object) -> object:
    """The same of a function here."""
    try:
        value = function(*arguments)
    except SqlError:
        return "an error"
    return str(value).lower() if isinstance(value, bool) else value


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(VALUES, VALUES, PATHS, st.booleans(), KEYS, st.integers(-4, 4))
def test_they_give_what_postgres_gives(
    oracle: psycopg.Connection, one: str, other: str, path: list[str], flag: bool, key: str, index: int
) -> None:
    """Values and errors of every one, on objects, arrays and scalars, with paths that lead nowhere."""
    cases: list[tuple[Callable[..., object], str, tuple[object, ...]]] = [
        (js.jsonb_concat, "%s::jsonb || %s::jsonb", (one, other)),
        (js.jsonb_contains, "%s::jsonb @> %s::jsonb", (one, other)),
        (js.jsonb_has, "%s::jsonb ? %s", (one, key)),
        (js.jsonb_delete_key, "%s::jsonb - %s::text", (one, key)),
        (js.jsonb_delete_keys, "%s::jsonb - %s::text[]", (one, path)),
        (js.jsonb_delete_index, "%s::jsonb - %s::int", (one, index)),
        (js.jsonb_delete_path, "%s::jsonb #- %s::text[]", (one, path)),
        (js.jsonb_set, "jsonb_set(%s, %s, %s, %s)", (one, path, other, flag)),
        (js.jsonb_insert, "jsonb_insert(%s, %s, %s, %s)", (one, path, other, flag)),
        (js.jsonb_strip_nulls, "jsonb_strip_nulls(%s)", (one,)),
        (js.jsonb_pretty, "jsonb_pretty(%s)", (one,)),
    ]
    for function, expression, arguments in cases:
        assert ours(function, *arguments) == theirs(oracle, expression, *arguments), expression
