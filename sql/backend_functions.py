"""Functions with an effect on sessions: set_config(), pg_notify(), pg_sleep(), signals and advisory locks.

Each takes stored values and gives one, or an awaitable where it may have to wait.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from sql import errors
from sql.clock import now_us
from sql.lock_waits import wait_for_lock
from sql.session_statements import assign_setting, setting_value
from storage import types as t
from storage.errors import Blocked
from storage.table_locks import LockMode, LockTag

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping

    from sql.session_state import SessionState
    from storage.types import SqlType

    Call = Callable[..., Any]

VOID: Final = ""
"""The one value of type void."""
_DAY_S: Final = 86_400
_MONTH_S: Final = 30 * _DAY_S
_LONGEST_SLEEP_S: Final = 1e8
"""Three years: the loop's timers take no infinity."""


class BackendFunction(Struct, frozen=True):
    """`call` takes the session and the arguments. A strict function gives NULL for a NULL without being called."""

    name: str
    signatures: tuple[tuple[SqlType, ...], ...]
    returns: SqlType
    call: Call
    is_strict: bool = True


def _set_config(session: SessionState, name: str | None, value: str | None, is_local: bool | None) -> str:
    if name is None:
        raise errors.NullValueNotAllowed("SET requires parameter name")
    assign_setting(session, name, value, local=bool(is_local))
    return setting_value(name, session)


def _notify(session: SessionState, channel: str | None, payload: str | None) -> str:
    session.notifications.notify(channel or "", payload or "")
    return VOID


async def _sleep(_: SessionState, seconds: float) -> str:
    await asyncio.sleep(min(max(seconds, 0.0), _LONGEST_SLEEP_S))
    return VOID


async def _sleep_for(session: SessionState, interval: tuple[int, int, int]) -> str:
    months, days, micros = interval
    return await _sleep(session, months * _MONTH_S + days * _DAY_S + micros / 1e6)


async def _sleep_until(session: SessionState, moment_us: int) -> str:
    return await _sleep(session, (moment_us - now_us()) / 1e6)


def _cancel(session: SessionState, pid: int) -> bool:
    backend = session.shared.backends.get(pid)
    if backend is None:
        return _no_such_backend(session, pid)
    backend.require_may_cancel(session.role, session.catalog)
    backend.cancel()
    return True


def _terminate(session: SessionState, pid: int, timeout_ms: int = 0) -> bool | Awaitable[bool]:
    if timeout_ms < 0:
        raise errors.NumericValueOutOfRange('"timeout" must not be negative')
    backend = session.shared.backends.get(pid)
    if backend is None:
        return _no_such_backend(session, pid)
    backend.require_may_terminate(session.role, session.catalog)
    backend.terminate()
    return True


def _no_such_backend(session: SessionState, pid: int) -> bool:
    session.notice(f"PID {pid} is not a PostgreSQL backend process", "WARNING", "01000")
    return False


def _lock(mode: LockMode, is_tried: bool, session: SessionState, *key: int) -> bool | str | Awaitable[str]:
    try:
        session.locks.take(LockTag("advisory", *key), mode)
    except Blocked as blocked:
        return False if is_tried else _when_free(session, blocked)
    return True if is_tried else VOID


def _lock_in_transaction(
    mode: LockMode, is_tried: bool, session: SessionState, *key: int
) -> bool | str | Awaitable[str]:
    transaction = session.block.for_locks()
    try:
        transaction.lock_advisory(LockTag("advisory", *key), mode)
    except Blocked as blocked:
        return False if is_tried else _when_free(session, blocked)
    return True if is_tried else VOID


async def _when_free(session: SessionState, blocked: Blocked) -> str:
    await wait_for_lock(session, session.locks, blocked)
    return VOID


def _unlock(mode: LockMode, session: SessionState, *key: int) -> bool:
    is_released = session.locks.release(LockTag("advisory", *key), mode)
    if not is_released:
        session.notice(f"you don't own a lock of type {mode.title}", "WARNING", "01000")
    return is_released


def _unlock_all(session: SessionState) -> str:
    session.locks.release_all()
    return VOID


_KEYS: Final = ((t.BIGINT,), (t.INTEGER, t.INTEGER))


def _advisory() -> Iterator[BackendFunction]:
    for mode, suffix in ((LockMode.EXCLUSIVE, ""), (LockMode.SHARE, "_shared")):
        for scope, lock in (("", _lock), ("xact_", _lock_in_transaction)):
            wait, attempt = partial(lock, mode, False), partial(lock, mode, True)
            yield BackendFunction(f"pg_advisory_{scope}lock{suffix}", _KEYS, t.VOID, wait)
            yield BackendFunction(f"pg_try_advisory_{scope}lock{suffix}", _KEYS, t.BOOLEAN, attempt)
        yield BackendFunction(f"pg_advisory_unlock{suffix}", _KEYS, t.BOOLEAN, partial(_unlock, mode))
    yield BackendFunction("pg_advisory_unlock_all", ((),), t.VOID, _unlock_all)


def _others() -> Iterator[BackendFunction]:
    settings = ((t.TEXT, t.TEXT, t.BOOLEAN),)
    yield BackendFunction("set_config", settings, t.TEXT, _set_config, is_strict=False)
    yield BackendFunction("pg_notify", ((t.TEXT, t.TEXT),), t.VOID, _notify, is_strict=False)
    yield BackendFunction("pg_sleep", ((t.DOUBLE,),), t.VOID, _sleep)
    yield BackendFunction("pg_sleep_for", ((t.INTERVAL,),), t.VOID, _sleep_for)
    yield BackendFunction("pg_sleep_until", ((t.TIMESTAMPTZ,),), t.VOID, _sleep_until)
    yield BackendFunction("pg_cancel_backend", ((t.INTEGER,),), t.BOOLEAN, _cancel)
    yield BackendFunction("pg_terminate_backend", ((t.INTEGER,), (t.INTEGER, t.BIGINT)), t.BOOLEAN, _terminate)


BACKEND_FUNCTIONS: Final[Mapping[str, BackendFunction]] = {each.name: each for each in (*_advisory(), *_others())}
"""By name."""
