"""Random paths over random values: SiltDB's functions and PostgreSQL's find the same, or refuse with the same code."""

from __future__ import annotations

import json
from random import Random

import psycopg
import pytest

from server.errors import SQLSTATES
from sql.errors import SqlError
from sql.jsonpath.functions import path_query
from sql.types.jsonb import normalise
from sql.types.jsonpath import path_input
from tests.sql.jsonpath.random_paths import random_path, random_value

_VARIABLES = '{"v": 2}'
_QUERY = "SELECT jsonb_path_query(%s::jsonb, %s::jsonpath, %s::jsonb)::text"


def _theirs(connection: psycopg.Connection, value: str, path: str) -> list[str] | str | None:
    try:
        return [row[0] for row in connection.execute(_QUERY, (value, path, _VARIABLES)).fetchall()]
    except psycopg.Error as error:
        return error.sqlstate


def _ours(value: str, path: str) -> list[str] | str | None:
    try:
        return path_query(value, path_input(path), _VARIABLES, False, "")
    except SqlError as error:
        return SQLSTATES[type(error)]


@pytest.mark.parametrize("seed", range(3))
def test_paths_find_what_they_find_in_postgres(seed: int, postgres: str) -> None:
    """A path that PostgreSQL takes finds the same items in the same order; of what it refuses the SQLSTATE is its."""
    random = Random(seed)
    with psycopg.connect(postgres, autocommit=True) as connection:
        for _ in range(150):
            value, path = normalise(json.dumps(random_value(random))), random_path(random)
            assert _ours(value, path) == _theirs(connection, value, path), (value, path)
