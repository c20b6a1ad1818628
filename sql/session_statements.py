"""Statements about the session itself: transactions and settings. Only the end of a transaction is waited for."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from sql import errors, statements
from sql.block import ISOLATION_LEVELS, Characteristics
from sql.result import Command, ResultColumn, Rows
from sql.savepoints import release, rollback_to, set_savepoint
from sql.settings import SETTINGS
from sql.waiting import wait_for_commit
from storage import types as t

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from sql.result import Result
    from sql.session_state import SessionState
    from storage.engine import Commit


def run_session_statement(
    statement: statements.OwnStatement, session: SessionState
) -> Result | Awaitable[Result] | None:
    """Run a statement of this kind; `None` if it is of another."""
    match statement:
        case statements.Begin():
            return begin(statement, session)
        case statements.Commit():
            return _end(session, commit=True, chain=statement.chain)
        case statements.Rollback():
            return _end(session, commit=False, chain=statement.chain)
        case statements.SetTransaction():
            return _set_transaction(statement, session)
        case statements.SetParameter():
            return _set(statement, session)
        case statements.ResetParameter(None):
            session.settings.reset_all()
            return Command("RESET")
        case statements.ResetParameter(str() as name):
            assign_setting(session, name, None)
            return Command("RESET")
        case statements.ShowParameter():
            return _show(statement.name, session)
        case statements.ShowAll():
            return _show_all(session)
        case statements.Discard():
            return _discard(statement, session)
        case statements.Savepoint():
            return set_savepoint(statement, session)
        case statements.RollbackTo():
            return rollback_to(statement, session)
        case statements.Release():
            return release(statement, session)
        case statements.CloseCursor():
            return _close_cursor(statement, session)
        case statements.Listen(channel):
            session.notifications.listen(channel)
            return Command("LISTEN")
        case statements.Notify(channel, payload):
            session.notifications.notify(channel, payload)
            return Command("NOTIFY")
        case statements.Unlisten(channel):
            session.notifications.unlisten(channel)
            return Command("UNLISTEN")
        case _:
            return None


def columns_of(statement: statements.OwnStatement) -> tuple[ResultColumn, ...] | None:
    """The result columns of a statement of this kind; `None` where it gives no rows."""
    match statement:
        case statements.ShowParameter(name):
            setting = SETTINGS.get(name.lower())
            return (ResultColumn(setting.name if setting else name, t.TEXT),)
        case statements.ShowAll():
            return tuple(ResultColumn(name, t.TEXT) for name in ("name", "setting", "description"))
        case _:
            return None


def _modes(modes: statements.TransactionModes, now: Characteristics) -> Characteristics:
    return Characteristics(
        modes.isolation if modes.isolation is not None else now.isolation,
        modes.read_only if modes.read_only is not None else now.read_only,
        modes.deferrable if modes.deferrable is not None else now.deferrable,
    )


def begin(statement: statements.Begin, session: SessionState) -> Command:
    """BEGIN and START TRANSACTION."""
    if session.block.status != "I":
        session.notice("there is already a transaction in progress", "WARNING", "25001")
        return Command(statement.tag)
    session.block.begin_block(_modes(statement.modes, session.default_characteristics()))
    return Command(statement.tag)


def _end(session: SessionState, *, commit: bool, chain: bool) -> Result | Awaitable[Result]:
    block = session.block
    tag = "COMMIT" if commit and block.status != "E" else "ROLLBACK"
    characteristics = block.characteristics
    if block.status == "I":
        if chain:
            raise errors.NoActiveTransaction(f"{tag} AND CHAIN can only be used in transaction blocks")
        session.notice("there is no transaction in progress", "WARNING", "25P01")
    if tag == "COMMIT" and session.prepares_commit:
        return _end_prepared(session, chain=chain)
    done = session.end_transaction(commit=tag == "COMMIT")
    if chain:
        block.begin_block(characteristics)
    return Command(tag) if done is None else _when_durable(done, tag)


async def _end_prepared(session: SessionState, *, chain: bool) -> Result:
    await session.prepare_commit()
    ended = _end(session, commit=True, chain=chain)
    return await ended if inspect.isawaitable(ended) else ended


async def _when_durable(done: Commit | Awaitable[None], tag: str) -> Result:
    if inspect.isawaitable(done):
        await done
    else:
        await wait_for_commit(done)
    return Command(tag)


def _close_cursor(statement: statements.CloseCursor, session: SessionState) -> Command:
    if statement.name is None:
        session.cursors.close_all()
        return Command("CLOSE CURSOR ALL")
    session.cursors.close(statement.name)
    return Command("CLOSE CURSOR")


def _set_transaction(statement: statements.SetTransaction, session: SessionState) -> Command:
    modes = statement.modes
    if statement.session:
        if modes.isolation is not None:
            session.settings.set("default_transaction_isolation", modes.isolation)
        if modes.read_only is not None:
            session.settings.set("default_transaction_read_only", "on" if modes.read_only else "off")
        if modes.deferrable is not None:
            session.settings.set("default_transaction_deferrable", "on" if modes.deferrable else "off")
    elif session.block.is_alone:
        session.notice("SET TRANSACTION can only be used in transaction blocks", "WARNING", "25P01")
    else:
        session.block.change(_modes(modes, session.block.characteristics_or_defaults()))
    return Command("SET")


def _set(statement: statements.SetParameter, session: SessionState) -> Command:
    values = None if statement.values is None else ", ".join(statement.values)
    name = statement.name.lower()
    if name in _OF_TRANSACTION and values is not None:
        checked = SETTINGS[name].check(SETTINGS[name].name, values)
        block = session.block
        match name:
            case "transaction_isolation":
                block.change(replace(block.characteristics, isolation=ISOLATION_LEVELS[checked]))
            case "transaction_read_only":
                block.change(replace(block.characteristics, read_only=checked == "on"))
            case _:
                block.change(replace(block.characteristics, deferrable=checked == "on"))
        return Command("SET")
    if statement.local and session.block.is_alone:
        session.notice("SET LOCAL can only be used in transaction blocks", "WARNING", "25P01")
    assign_setting(session, statement.name, values, local=statement.local)
    return Command("SET")


_OF_TRANSACTION: Final = ("transaction_isolation", "transaction_read_only", "transaction_deferrable")


def assign_setting(session: SessionState, name: str, value: str | None, *, local: bool = False) -> None:
    """Set a setting, or one of those that say which role the session acts as; `None` resets it."""
    match name.lower():
        case "role":
            session.roles.set_role(session.catalog, value, local=local)
        case "session_authorization":
            session.roles.set_session(session.catalog, value, local=local)
        case _:
            session.settings.set(name, value, local=local)


def setting_value(name: str, session: SessionState) -> str:
    """What SHOW and current_setting() say. Raises `UndefinedSetting`."""
    match name.lower():
        case "transaction_isolation":
            return session.block.characteristics_or_defaults().isolation
        case "transaction_read_only":
            return "on" if session.block.characteristics_or_defaults().read_only else "off"
        case "transaction_deferrable":
            return "on" if session.block.characteristics_or_defaults().deferrable else "off"
        case _:
            return session.settings.get(name)


def _show(name: str, session: SessionState) -> Rows:
    value = setting_value(name, session)
    setting = SETTINGS.get(name.lower())
    return Rows((ResultColumn(setting.name if setting else name, t.TEXT),), [(value,)], "SHOW")


def _show_all(session: SessionState) -> Rows:
    columns = columns_of(statements.ShowAll())
    assert columns is not None
    rows = [(setting.name, value, setting.description) for setting, value in session.settings.all()]
    return Rows(columns, rows, "SHOW")


def _discard(statement: statements.Discard, session: SessionState) -> Command:
    if statement.what == "all":
        session.block.refuse_inside("DISCARD ALL")
        session.statements.clear()
        session.notifications.forget_all()
        session.cursors.close_all()
        session.locks.release_all()
        session.roles.set_session(session.catalog, None, local=False)
        session.settings.reset_all()
    if statement.what in ("all", "sequences"):
        session.block.sequences.discard()
    return Command(f"DISCARD {statement.what.upper()}")
