"""The texts and durations of a statement, once its parameters have values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sql.errors import InvalidParameterValue
from sql.grammar.job_options import milliseconds
from sql.job_syntax import Parameter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sql.job_syntax import Duration, Text


def text_or_none(text: Text | None, parameters: Sequence[object]) -> str | None:
    """The text; `None` where it is not given, or a parameter that is NULL."""
    if not isinstance(text, Parameter):
        return text
    value = parameters[text.number - 1]
    return None if value is None else str(value)


def text_of(text: Text, parameters: Sequence[object]) -> str:
    """The text. Raises `InvalidParameterValue` for a parameter that is NULL."""
    value = text_or_none(text, parameters)
    if value is None:
        assert isinstance(text, Parameter), "only a parameter may be NULL"
        raise InvalidParameterValue(f"parameter ${text.number} must not be null")
    return value


def seconds_of(duration: Duration | None, parameters: Sequence[object]) -> float | None:
    """The duration in seconds; `None` where it is not given. Raises `InvalidParameterValue`."""
    if duration is None:
        return None
    given = milliseconds(text_of(duration, parameters)) if isinstance(duration, Parameter) else duration
    return given / 1000
