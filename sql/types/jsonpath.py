"""jsonpath: a path into a json value, kept as the text that PostgreSQL prints for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sql.jsonpath.parser import parse_path
from sql.jsonpath.written import written
from sql.types.versioned_text import versioned_text_codec

if TYPE_CHECKING:
    from sql.types.codec import Codec
    from storage.types import SqlType


def path_input(text: str) -> str:
    """A path as PostgreSQL prints it. Raises 42601 and 22P02 for what is none."""
    return written(parse_path(text))


def jsonpath_codec(sql_type: SqlType) -> Codec:
    """The codec of jsonpath."""
    return versioned_text_codec(sql_type, path_input)
