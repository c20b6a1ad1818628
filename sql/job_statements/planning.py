"""A statement about jobs → its plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import astuple

from sql import errors
from sql.binder import bind_query
from sql.job_syntax import ControlJobs, JobsWhere, Parameter, WaitJobs
from sql.plan import JobCommand
from storage import types as t

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sql.job_syntax import JobStatement
    from sql.session_state import SessionState
    from storage.types import SqlType

_TEXTS: Final = frozenset({t.TEXT.oid, t.VARCHAR.oid, t.CHAR.oid, t.NAME.oid})
_PARAMETERS_LIMIT: Final = 65_535


def plan_job_statement(
    statement: JobStatement, session: SessionState, declared: Sequence[SqlType | None]
) -> JobCommand:
    """The plan of a statement. `declared` are the types of its parameters that the client has declared.

    Raises `SqlError` for what is wrong with a predicate or a parameter.
    """
    types = list(declared)
    for parameter in _parameters(statement):
        _settle_as_text(parameter, types)
    if isinstance(statement, ControlJobs | WaitJobs) and isinstance(statement.target, JobsWhere):
        ids = bind_query(statement.target.query, session.bind_context(types))
        return JobCommand(statement, ids.parameter_types, ids)
    settled = []
    for number, known in enumerate(types, start=1):
        if known is None:
            raise errors.IndeterminateDatatype(f"could not determine data type of parameter ${number}")
        settled.append(known)
    return JobCommand(statement, tuple(settled))


def _parameters(value: object) -> Iterator[Parameter]:
    """The parameters that stand for texts of a statement."""
    if isinstance(value, Parameter):
        yield value
    elif isinstance(value, Struct):
        for part in astuple(value):
            yield from _parameters(part)


def _settle_as_text(parameter: Parameter, types: list[SqlType | None]) -> None:
    number, position = parameter.number, parameter.position
    if not 1 <= number <= _PARAMETERS_LIMIT:
        raise errors.UndefinedParameter(f"there is no parameter ${number}", position=position)
    types.extend([None] * (number - len(types)))
    known = types[number - 1]
    if known is None:
        types[number - 1] = t.TEXT
    elif known.oid not in _TEXTS:
        raise errors.DatatypeMismatch(f"parameter ${number} must be of type text, not {known}", position=position)
