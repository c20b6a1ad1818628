"""CREATE TABLE … WITH (…): which options there are, and what their values may be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sql.errors import InvalidParameterValue
from storage.flush_policy import FlushPolicy
from storage.units import UnitError, parse_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

POSTGRES_ONLY: Final = frozenset(
    (
        "fillfactor",
        "toast_tuple_target",
        "parallel_workers",
        "user_catalog_table",
        "vacuum_index_cleanup",
        "vacuum_truncate",
        "autovacuum_enabled",
        "log_autovacuum_min_duration",
    )
)
"""PostgreSQL's storage parameters: they change nothing here, and a NOTICE says so."""

TABLE_TYPES: Final = ("shared", "user", "stream")
_LONGEST_S: Final = 3650 * 86_400


def check_options(options: Mapping[str, str], notice: Callable[[str], None]) -> dict[str, str]:
    """The options of a new table to keep; `notice` is told of those that have no effect.

    Raises `InvalidParameterValue`, naming the option, and the value where that is bad.
    """
    kept = {name: _checked(name, value) for name, value in options.items() if not _has_no_effect(name, notice)}
    _require_fitting(kept)
    return kept


def changed_options(
    options: Mapping[str, str], changes: Mapping[str, str | None], notice: Callable[[str], None]
) -> dict[str, str]:
    """A table's options with some set, and those that are `None` reset. Raises as `check_options` does."""
    changed = dict(options)
    for name, value in changes.items():
        if _has_no_effect(name, notice):
            continue
        if name == "type":
            raise InvalidParameterValue(
                'parameter "type" cannot be changed', hint="A table keeps the type it was made with."
            )
        if value is not None:
            changed[name] = _checked(name, value)
            continue
        _require_known(name)
        changed.pop(name, None)
    _require_fitting(changed)
    return changed


def _has_no_effect(name: str, notice: Callable[[str], None]) -> bool:
    """Whether an option is PostgreSQL's alone: then a notice says that it changes nothing."""
    if name not in POSTGRES_ONLY and not name.startswith("autovacuum_"):
        return False
    notice(f'storage parameter "{name}" has no effect')
    return True


def _checked(name: str, value: str) -> str:
    """The value as it is kept."""
    _require_known(name)
    try:
        return _CHECKS[name](value)
    except UnitError as error:
        raise InvalidParameterValue(f'invalid value for parameter "{name}": "{value}"', detail=f"{error}.") from None


def _require_known(name: str) -> None:
    if name not in _CHECKS:
        raise InvalidParameterValue(
            f'unrecognized parameter "{name}"', hint=f"Available parameters: {', '.join(_CHECKS)}."
        )


def _type(value: str) -> str:
    if value.lower() not in TABLE_TYPES:
        raise InvalidParameterValue(
            f'invalid value for parameter "type": "{value}"', hint=f"Available values: {', '.join(TABLE_TYPES)}."
        )
    return value.lower()


def _flush_policy(value: str) -> str:
    return str(FlushPolicy.parse(value))


def _ttl(value: str) -> str:
    return _duration(value, at_least_s=0.001)


def _drop_retention(value: str) -> str:
    return _duration(value, at_least_s=0)


def _duration(value: str, at_least_s: float) -> str:
    seconds = parse_duration(value)
    if not at_least_s <= seconds <= _LONGEST_S:
        least = "0" if at_least_s == 0 else "1ms"
        raise UnitError(f"It must be from {least} to 3650d")
    return value.strip()


_CHECKS: Final[Mapping[str, Callable[[str], str]]] = {
    "type": _type,
    "flush_policy": _flush_policy,
    "ttl": _ttl,
    "drop_retention": _drop_retention,
}


def _require_fitting(options: Mapping[str, str]) -> None:
    """Raise `InvalidParameterValue` for options that a table of this type must have, or cannot."""
    is_stream = options.get("type") == "stream"
    if is_stream and "ttl" not in options:
        raise InvalidParameterValue(
            'a stream table needs parameter "ttl"', hint="Give how long its rows last, as ttl = '1h'."
        )
    if not is_stream and "ttl" in options:
        raise InvalidParameterValue(
            'parameter "ttl" is for stream tables', hint="Make the table WITH (type = 'stream', ttl = …)."
        )
    if is_stream and "flush_policy" in options:
        raise InvalidParameterValue('parameter "flush_policy" is not for stream tables', hint="They are never flushed.")
