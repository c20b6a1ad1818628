"""Errors of paths. The docstring of a class is its default message."""

from __future__ import annotations

from typing import Final

from sql.errors import DivisionByZero, NumericValueOutOfRange, SqlError


class JsonPathError(SqlError):
    """jsonpath cannot be applied to this value"""


class JsonMemberNotFound(JsonPathError):
    """jsonpath member accessor can only be applied to an object"""


class JsonArrayNotFound(JsonPathError):
    """jsonpath array accessor can only be applied to an array"""


class JsonObjectNotFound(JsonPathError):
    """jsonpath wildcard member accessor can only be applied to an object"""


class InvalidJsonSubscript(JsonPathError):
    """jsonpath array subscript is out of bounds"""


class NonNumericJsonItem(JsonPathError):
    """jsonpath item method can only be applied to a numeric value"""


class JsonNumberNotFound(JsonPathError):
    """operand of unary jsonpath operator is not a numeric value"""


class SingletonJsonItemRequired(JsonPathError):
    """single boolean result is expected"""


class InvalidJsonDatetime(JsonPathError):
    """datetime format is not recognized"""


SUPPRESSED: Final = (JsonPathError, DivisionByZero, NumericValueOutOfRange)
"""What `silent` and conditions pass over; that a variable is missing they do not."""
