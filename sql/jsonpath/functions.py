"""The functions of paths (PostgreSQL 9.16.2), on the text of jsonb values."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from sql.errors import InvalidParameterValue, ProgramLimitExceeded
from sql.jsonpath.errors import SUPPRESSED, SingletonJsonItemRequired
from sql.jsonpath.evaluation import Evaluation, as_json
from sql.jsonpath.parser import parse_path
from sql.types.jsonb import written as jsonb_text
from sql.types.zone import find_zone

if TYPE_CHECKING:
    from sql.json_functions import Json

_DECODER: Final = json.JSONDecoder(parse_float=Decimal, parse_int=Decimal)


def matches(value: str, path: str) -> bool | None:
    """`@@`."""
    return _single(Evaluation(parse_path(path), _read(value)), silent=True)


def finds(value: str, path: str) -> bool | None:
    """`@?`."""
    return _any(Evaluation(parse_path(path), _read(value)), silent=True)


def path_match(value: str, path: str, variables: str, silent: bool, zone: str) -> bool | None:
    """jsonb_path_match()."""
    return _single(_evaluation(value, path, variables, zone), silent=silent)


def path_exists(value: str, path: str, variables: str, silent: bool, zone: str) -> bool | None:
    """jsonb_path_exists()."""
    return _any(_evaluation(value, path, variables, zone), silent=silent)


def path_query(value: str, path: str, variables: str, silent: bool, zone: str) -> list[str]:
    """jsonb_path_query(), its rows as a list."""
    return [jsonb_text(item) for item in _found(_evaluation(value, path, variables, zone), silent=silent)]


def path_query_array(value: str, path: str, variables: str, silent: bool, zone: str) -> str:
    """jsonb_path_query_array()."""
    return jsonb_text(_found(_evaluation(value, path, variables, zone), silent=silent))


def path_query_first(value: str, path: str, variables: str, silent: bool, zone: str) -> str | None:
    """jsonb_path_query_first()."""
    found = _found(_evaluation(value, path, variables, zone), silent=silent)
    return jsonb_text(found[0]) if found else None


def _evaluation(value: str, path: str, variables: str, zone: str) -> Evaluation:
    """`zone` is the name of a time zone for the functions …_tz, and empty for the others."""
    given = {} if variables == "{}" else _read(variables)
    if not isinstance(given, dict):
        detail = 'Jsonpath parameters should be encoded as key-value pairs of "vars" object.'
        raise InvalidParameterValue('"vars" argument is not an object', detail=detail)
    return Evaluation(parse_path(path), _read(value), given, find_zone(zone) if zone else None)


def _found(evaluation: Evaluation, *, silent: bool) -> list[Json]:
    """All items; those before an error where it is silent."""
    found: list[Json] = []
    try:
        # One by one: those before an error count.
        found.extend(map(as_json, evaluation.run()))
    except SUPPRESSED:
        if not silent:
            raise
    except RecursionError:
        raise ProgramLimitExceeded("stack depth limit exceeded") from None
    return found


def _any(evaluation: Evaluation, *, silent: bool) -> bool | None:
    try:
        return evaluation.finds_any()
    except SUPPRESSED:
        if not silent:
            raise
        return None
    except RecursionError:
        raise ProgramLimitExceeded("stack depth limit exceeded") from None


def _single(evaluation: Evaluation, *, silent: bool) -> bool | None:
    found = _found(evaluation, silent=silent)
    if len(found) == 1 and (found[0] is None or isinstance(found[0], bool)):
        return found[0]
    if not silent:
        raise SingletonJsonItemRequired
    return None


def _read(text: str) -> Json:
    return _DECODER.decode(text)
