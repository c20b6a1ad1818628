"""CREATE TABLE … WITH (…): which options there are, and what their values may be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sql.errors import FeatureNotSupported, InvalidParameterValue

if TYPE_CHECKING:
    from collections.abc import Callable

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
NOT_YET: Final = frozenset(("flush_policy", "ttl", "drop_retention"))


def check_options(options: dict[str, str], notice: Callable[[str], None]) -> dict[str, str]:
    """The options to keep. Raises `InvalidParameterValue` for one that does not exist or has a bad value."""
    kept: dict[str, str] = {}
    for name, value in options.items():
        if name in POSTGRES_ONLY or name.startswith("autovacuum_"):
            notice(f'storage parameter "{name}" has no effect')
        elif name in NOT_YET:
            raise FeatureNotSupported(f'storage parameter "{name}" is not supported yet')
        elif name != "type":
            raise InvalidParameterValue(f'unrecognized parameter "{name}"')
        elif value not in TABLE_TYPES:
            raise InvalidParameterValue(
                f'invalid value for parameter "type": "{value}"', hint=f"Available values: {', '.join(TABLE_TYPES)}."
            )
        elif value != "shared":
            raise FeatureNotSupported(f"{value} tables are not supported yet")
        else:
            kept[name] = value
    return kept
