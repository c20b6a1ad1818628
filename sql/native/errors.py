"""Errors of functions. The docstring of a class is its default message."""

from __future__ import annotations

from sql.errors import SqlError


class InvalidUseOfEscapeCharacter(SqlError):
    """invalid use of escape character"""


class InvalidWidthBucketArgument(SqlError):
    """invalid argument for width_bucket function"""
