"""What statements about jobs have in common: texts that may be parameters, durations, WITH (…)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlglot.tokenizer_core import TokenType

from sql.errors import InvalidParameterValue, SqlSyntaxError
from sql.job_syntax import Parameter, StartOptions
from storage.units import UnitError, parse_duration

if TYPE_CHECKING:
    from sql.job_syntax import Duration, Text
    from sql.tokens import TokenReader

_INT4_LIMIT: Final = 2**31
_TRUE: Final = frozenset({"true", "on", "1", "yes"})
_FALSE: Final = frozenset({"false", "off", "0", "no"})


def accept_parameter(reader: TokenReader) -> Parameter | None:
    """`$1`, if it comes next."""
    token = reader.token
    if token is None or token.token_type is not TokenType.PARAMETER:
        return None
    position = reader.position
    reader.index += 1
    number = reader.token
    if number is None or number.token_type is not TokenType.NUMBER or not number.text.isdecimal():
        reader.fail()
    reader.index += 1
    return Parameter(int(number.text), position)


def read_text(reader: TokenReader) -> Text:
    """A string constant or a parameter."""
    return accept_parameter(reader) or reader.string()


def read_duration(reader: TokenReader) -> Duration:
    """A duration such as '30s', or a parameter. Raises `InvalidParameterValue`."""
    position = reader.position
    text = read_text(reader)
    return text if isinstance(text, Parameter) else milliseconds(text, position)


def milliseconds(text: str, position: int | None = None) -> int:
    """The milliseconds of a duration as people write it. Raises `InvalidParameterValue`."""
    try:
        return round(parse_duration(text) * 1000)
    except UnitError as error:
        raise InvalidParameterValue(str(error), position=position) from None


def refuse_conflict(position: int) -> None:
    """Raise PostgreSQL's error for an option that is given twice, or against another one."""
    raise SqlSyntaxError("conflicting or redundant options", position=position)


def read_start_options(reader: TokenReader) -> StartOptions:
    """[WITH (wait [= bool], timeout = '30s', idempotency_key = 'k', priority = n)]."""
    if not reader.accept("with"):
        return StartOptions()
    wait: bool | None = None
    timeout: Duration | None = None
    key: Text | None = None
    priority: int | None = None
    seen: set[str] = set()
    reader.expect("(")
    while True:
        position = reader.position
        option = reader.name()
        if option in seen:
            refuse_conflict(position)
        seen.add(option)
        given = reader.accept("=")
        match option:
            case "wait":
                wait = _boolean(reader) if given else True
            case "timeout" if given:
                timeout = read_duration(reader)
            case "idempotency_key" if given:
                key = _key(reader)
            case "priority" if given:
                priority = _priority(reader)
            case "timeout" | "idempotency_key" | "priority":
                reader.fail()
            case _:
                raise InvalidParameterValue(
                    f'unrecognized option "{option}"',
                    hint="Options are wait, timeout, idempotency_key and priority.",
                    position=position,
                )
        if not reader.accept(","):
            break
    reader.expect(")")
    return StartOptions(wait, timeout, key, priority)


def _boolean(reader: TokenReader) -> bool:
    position = reader.position
    text = reader.accept_string()
    word = text.lower() if text is not None else reader.accept_one_of("true", "false", "on", "off", "1", "0")
    if word is None:
        reader.fail()
    if word not in _TRUE | _FALSE:
        raise InvalidParameterValue(f'"{text}" is not a Boolean value', position=position)
    return word in _TRUE


def _key(reader: TokenReader) -> Text:
    position = reader.position
    key = read_text(reader)
    if key == "":
        raise InvalidParameterValue("idempotency_key must not be empty", position=position)
    return key


def _priority(reader: TokenReader) -> int:
    position = reader.position
    priority = reader.integer()
    if not -_INT4_LIMIT <= priority < _INT4_LIMIT:
        raise InvalidParameterValue(f"priority {priority} is out of range for type integer", position=position)
    return priority
