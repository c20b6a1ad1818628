"""Every error that a package can raise has a SQLSTATE, and nothing else reaches a client."""

from __future__ import annotations

import errno
import re
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from jobs import errors as jobs
from server import errors as server
from server.errors import SQLSTATES, error_fields, sqlstate_of
from server.protocol import ProtocolError
from sql import errors as sql
from storage import errors as storage

if TYPE_CHECKING:
    from types import ModuleType

# Told between layers, and never to a client: the statement waits, or runs again.
INTERNAL = {
    storage.Blocked,
    storage.RowChanged,
    storage.DefinitionChanged,
    storage.NotCached,
    storage.NumbersNotReserved,
}


def classes(module: ModuleType) -> list[type[Exception]]:
    """The exceptions that a module defines."""
    return [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Exception) and value.__module__ == module.__name__
    ]


ALL = [each for module in (sql, storage, jobs, server) for each in classes(module) if each not in INTERNAL]


@pytest.mark.parametrize("error", ALL, ids=lambda error: f"{error.__module__}.{error.__name__}")
def test_every_error_has_a_code_of_its_own(error: type[Exception]) -> None:
    """A class that somebody adds must get its line in the table: inheriting a code by accident is not enough."""
    assert error in SQLSTATES


def test_codes_are_codes() -> None:
    """Five characters of digits and capitals, as the manual has them."""
    assert all(re.fullmatch("[0-9A-Z]{5}", code) for code in SQLSTATES.values())


def test_all_that_an_error_carries_is_told() -> None:
    """Message, detail, hint, position and what it is about."""
    error = sql.NotNullViolation(
        "null value",
        "Failing row",
        "Give one",
        7,
        schema="public",
        table="t",
        column="c",
        constraint="k",
        context="here",
    )
    fields = error_fields(error)
    assert (fields.sqlstate, fields.severity, fields.message) == ("23502", "ERROR", "null value")
    assert (fields.detail, fields.hint, fields.position, fields.where) == ("Failing row", "Give one", 7, "here")
    assert (fields.schema, fields.table, fields.column, fields.constraint) == ("public", "t", "c", "k")


def test_errors_of_storage_are_told_too() -> None:
    """Those that reach a client unwrapped keep their words."""
    fields = error_fields(storage.UniqueViolation(1, "t_pkey", (1,), (1,)), severity="FATAL")
    assert (fields.sqlstate, fields.severity, fields.constraint) == ("23505", "FATAL", "t_pkey")
    assert fields.message == 'duplicate key value violates unique constraint "t_pkey"'
    assert error_fields(storage.WriteFailed()).sqlstate == "58030"


def test_a_fatal_protocol_error_is_fatal() -> None:
    """Its code is its own, and the client learns that the connection ends."""
    fields = error_fields(ProtocolError("what?", sqlstate="0A000", fatal=True))
    assert (fields.sqlstate, fields.severity, fields.message) == ("0A000", "FATAL", "what?")


def test_an_unexpected_error_is_logged_and_not_told() -> None:
    """A bug's text may hold anything; the client gets XX000 and the log the trace."""
    error = KeyError("secret of another user")
    with capture_logs() as logs:
        fields = error_fields(error)
    assert fields.sqlstate == sqlstate_of(error) == "XX000"
    assert "secret" not in repr(fields)
    assert [entry["exc_info"] for entry in logs] == [error]


def test_errors_of_the_disk_have_their_codes() -> None:
    """A full disk is 53100 and expected; any other OSError is an I/O error, told without paths, and logged."""
    full = OSError(errno.ENOSPC, "No space left on device", "/data/secret")
    with capture_logs() as logs:
        fields = error_fields(full)
    assert (fields.sqlstate, fields.message, fields.hint) == (
        "53100",
        "No space left on device",
        "Check free disk space.",
    )
    assert sqlstate_of(full) == "53100"
    assert logs == []
    broken = OSError(errno.EIO, "Input/output error", "/data/secret")
    with capture_logs() as logs:
        fields = error_fields(broken)
    assert (fields.sqlstate, fields.message) == ("58030", "Input/output error")
    assert sqlstate_of(broken) == "58030"
    assert [entry["exc_info"] for entry in logs] == [broken]


def test_an_expected_error_is_not_logged() -> None:
    """What clients do wrong does not fill the log."""
    with capture_logs() as logs:
        error_fields(sql.SqlSyntaxError("syntax error"))
        error_fields(MemoryError())
    assert logs == []


def test_a_class_has_the_code_of_the_nearest_above_it() -> None:
    """A library's own subclass is known by what it is."""

    class Special(sql.DiskFull):
        """special"""

    assert sqlstate_of(Special()) == "53100"
