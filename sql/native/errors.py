"""Errors of functions. The docstring of a class is its default message."""

from __future__ import annotations

from sql.errors import SqlError


class InvalidUseOfEscapeCharacter(SqlError):
    """invalid use of escape character"""


class InvalidWidthBucketArgument(SqlError):
    """invalid argument for width_bucket function"""


class InvalidNtileArgument(SqlError):
    """argument of ntile must be greater than zero"""


class InvalidNthValueArgument(SqlError):
    """argument of nth_value must be greater than zero"""


class InvalidRowCountInLimit(SqlError):
    """LIMIT must not be negative"""


class InvalidRowCountInOffset(SqlError):
    """OFFSET must not be negative"""


class InvalidPrecedingOrFollowing(SqlError):
    """frame starting offset must not be negative"""
