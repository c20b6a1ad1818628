"""The `options` of a start-up message: what PostgreSQL's postmaster takes as command-line switches."""

from __future__ import annotations

import re
from typing import Final

from sql.errors import SqlSyntaxError

_WORD: Final = re.compile(r"(?:\\.|[^\s\\])+", re.DOTALL)
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)


def parse_options(text: str) -> dict[str, str]:
    r"""Read `-c name=value`, `-cname=value` and `--name=value`, where a backslash keeps a space inside a word.

    Raises `SqlSyntaxError` for any other switch.
    """
    words = [_ESCAPED.sub(r"\1", word) for word in _WORD.findall(text)]
    settings: dict[str, str] = {}
    remaining = iter(words)
    for word in remaining:
        if word == "-c":
            setting = next(remaining, "")
        elif word.startswith("--"):
            # A switch writes with a hyphen what the setting's name has as an underscore.
            name, equals, value = word[2:].partition("=")
            setting = f"{name.replace('-', '_')}{equals}{value}"
        elif word.startswith("-c"):
            setting = word[2:]
        else:
            raise SqlSyntaxError(f"invalid command-line argument for server process: {word}")
        name, equals, value = setting.partition("=")
        if not name or not equals:
            raise SqlSyntaxError(f"-c {setting} requires a value")
        settings[name] = value
    return settings
