"""SET, SHOW, RESET and DISCARD."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from sqlglot.tokenizer_core import TokenType

from sql.grammar.transactions import read_modes
from sql.statements import (
    Discard,
    ResetParameter,
    SetConstraints,
    SetParameter,
    SetTransaction,
    ShowAll,
    ShowParameter,
)

if TYPE_CHECKING:
    from typing import Literal

    from sql.statements import OwnStatement
    from sql.tokens import TokenReader


def read_set(reader: TokenReader) -> OwnStatement:
    """SET [SESSION | LOCAL] name { = | TO } values, and its special forms."""
    reader.expect("set")
    local = False
    if reader.word() in ("session", "local") and reader.word(1) not in ("=", "to", ".", "authorization"):
        local = reader.word() == "local"
        reader.index += 1
    if reader.accept("transaction"):
        if reader.accept("snapshot"):
            reader.refuse("SET TRANSACTION SNAPSHOT")
        return SetTransaction(read_modes(reader))
    if not local and reader.accept("characteristics"):
        reader.expect("as", "transaction")
        return SetTransaction(read_modes(reader), session=True)
    if reader.index == 1 and reader.word(1) not in ("=", "to") and reader.accept("constraints"):
        names = None if reader.accept("all") else reader.qualified_names()
        when = reader.accept_one_of("deferred", "immediate")
        if when is None:
            reader.fail()
        return SetConstraints(names, when == "deferred")
    if reader.accept("session", "authorization"):
        return SetParameter("session_authorization", _value_or_default(reader), local)
    if reader.accept("time", "zone"):
        return SetParameter("timezone", _time_zone(reader), local)
    if reader.accept("names"):
        encoding = None if reader.token is None else _value_or_default(reader)
        return SetParameter("client_encoding", encoding, local)
    if reader.accept("schema"):
        return SetParameter("search_path", (reader.string(),), local)
    if reader.word() == "role" and reader.word(1) not in ("=", "to"):
        reader.index += 1
        return SetParameter("role", (_value(reader),), local)
    name = _setting_name(reader)
    if not reader.accept("="):
        reader.expect("to")
    return SetParameter(name, _values(reader), local)


def _setting_name(reader: TokenReader) -> str:
    name = reader.name()
    while reader.accept("."):
        name += "." + reader.name()
    return name


def _values(reader: TokenReader) -> tuple[str, ...] | None:
    if reader.accept("default"):
        return None
    values = [_value(reader)]
    while reader.accept(","):
        values.append(_value(reader))
    return tuple(values)


def _value(reader: TokenReader) -> str:
    text = reader.accept_string()
    if text is not None:
        return text
    sign = reader.accept_one_of("+", "-")
    token = reader.token
    if token is None:
        reader.fail()
    if token.token_type is TokenType.NUMBER:
        reader.index += 1
        return ("-" if sign == "-" else "") + token.text
    if reader.word() in ("on", "true", "false", "off"):
        reader.index += 1
        return token.text.lower()
    return reader.name()


def _value_or_default(reader: TokenReader) -> tuple[str, ...] | None:
    return None if reader.accept("default") else (_value(reader),)


def _time_zone(reader: TokenReader) -> tuple[str, ...] | None:
    if reader.accept("default") or reader.accept("local"):
        return None
    if reader.word() == "interval":
        reader.refuse("SET TIME ZONE INTERVAL")
    return (_value(reader),)


def read_show(reader: TokenReader) -> OwnStatement:
    """SHOW name | ALL, with the SQL standard's spellings of some."""
    reader.expect("show")
    if reader.accept("all"):
        return ShowAll()
    return ShowParameter(_special_name(reader) or _setting_name(reader))


def read_reset(reader: TokenReader) -> OwnStatement:
    """RESET name | ALL."""
    reader.expect("reset")
    if reader.accept("all"):
        return ResetParameter(None)
    return ResetParameter(_special_name(reader) or _setting_name(reader))


def _special_name(reader: TokenReader) -> str | None:
    if reader.accept("time", "zone"):
        return "timezone"
    if reader.accept("transaction", "isolation", "level"):
        return "transaction_isolation"
    if reader.accept("session", "authorization"):
        return "session_authorization"
    return None


def read_discard(reader: TokenReader) -> Discard:
    """DISCARD ALL | PLANS | SEQUENCES | TEMP."""
    reader.expect("discard")
    what = reader.accept_one_of("all", "plans", "sequences", "temp", "temporary")
    if what is None:
        reader.fail()
    kept = "temp" if what == "temporary" else what
    return Discard(cast("Literal['all', 'plans', 'sequences', 'temp']", kept))
