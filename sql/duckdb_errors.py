"""DuckDB's errors as SQL errors, with PostgreSQL's words where it has the condition."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import duckdb

from sql import errors
from sql.jsonpath import errors as jsonpath
from sql.native import errors as native

if TYPE_CHECKING:
    from collections.abc import Callable

RAISED: Final = "SQLSTATE "
"""What the binder's own error() calls begin with: `SQLSTATE 22001: value too long …`."""

_RAISED_AS: Final[dict[str, type[errors.SqlError]]] = {
    "22001": errors.StringDataRightTruncation,
    "22003": errors.NumericValueOutOfRange,
    "22004": errors.NullValueNotAllowed,
    "22007": errors.InvalidDatetimeFormat,
    "22008": errors.DatetimeFieldOverflow,
    "22009": errors.TimeZoneDisplacementOverflow,
    "22011": errors.SubstringError,
    "22012": errors.DivisionByZero,
    "22015": errors.IntervalFieldOverflow,
    "22021": errors.CharacterNotInRepertoire,
    "22023": errors.InvalidParameterValue,
    "22P05": errors.UntranslatableCharacter,
    "53200": errors.OutOfMemory,
    "54000": errors.ProgramLimitExceeded,
    "54001": errors.ProgramLimitExceeded,
    "2202E": errors.ArraySubscriptError,
    "22P02": errors.InvalidTextRepresentation,
    "22025": errors.InvalidEscapeSequence,
    "22031": jsonpath.InvalidJsonDatetime,
    "22033": jsonpath.InvalidJsonSubscript,
    "22036": jsonpath.NonNumericJsonItem,
    "22038": jsonpath.SingletonJsonItemRequired,
    "22039": jsonpath.JsonArrayNotFound,
    "2203A": jsonpath.JsonMemberNotFound,
    "2203B": jsonpath.JsonNumberNotFound,
    "2203C": jsonpath.JsonObjectNotFound,
    "2200C": native.InvalidUseOfEscapeCharacter,
    "2201B": errors.InvalidRegularExpression,
    "2201G": native.InvalidWidthBucketArgument,
    "2201W": native.InvalidRowCountInLimit,
    "22014": native.InvalidNtileArgument,
    "22016": native.InvalidNthValueArgument,
    "2201E": errors.InvalidLogarithmArgument,
    "2201F": errors.InvalidPowerArgument,
    "42601": errors.SqlSyntaxError,
    "42725": errors.AmbiguousFunction,
    "42883": errors.UndefinedFunction,
    "3F000": errors.UndefinedNamespace,
    "0A000": errors.FeatureNotSupported,
    "21000": errors.CardinalityViolation,
    "42P01": errors.UndefinedTable,
    "42704": errors.UndefinedObject,
}

_TYPE_NAMES: Final = {
    "INT16": "smallint",
    "INT32": "integer",
    "INT64": "bigint",
    "INT128": "numeric",
    "UINT32": "oid",
    "BOOL": "boolean",
    "FLOAT": "real",
    "DOUBLE": "double precision",
    "UUID": "uuid",
    "VARCHAR": "text",
}


_IN_PYTHON: Final = "Python exception occurred while executing the UDF: ValueError: "
_DETAIL: Final = "\x1f"


def as_raised(error: errors.SqlError) -> str:
    """What a function in Python says to DuckDB, so that `translate` finds the error again."""
    state = next((state for state, kind in _RAISED_AS.items() if type(error) is kind), "XX000")
    return f"{RAISED}{state}: {error.message}{_DETAIL}{error.detail or ''}{_DETAIL}"


def translate(error: Exception, interrupted: bool = False) -> errors.SqlError:
    """The SQL error for an exception that DuckDB raised."""
    text = str(error)
    if isinstance(error, duckdb.InterruptException) or interrupted:
        return errors.QueryCanceled()
    message = text.partition("\n\nLINE ")[0].partition(": ")[2] or text
    message = message.removeprefix(_IN_PYTHON)
    if message.startswith(RAISED):
        state, _, words = message.removeprefix(RAISED).partition(": ")
        said, *detail = words.split(_DETAIL)
        # What a function in Python says is marked off; behind what error() says DuckDB may go on in another line.
        message = said if detail else said.partition("\n")[0]
        return _RAISED_AS.get(state, errors.InternalError)(message, detail=(detail or [""])[0] or None)
    unit = re.search(r'specifier "(.*?)" not recognized', message)
    if unit is not None:
        return errors.InvalidParameterValue(f'unit "{unit[1]}" not recognized')
    for kind, handle in _HANDLERS:
        if isinstance(error, kind):
            return handle(message)
    return errors.InternalError(message)


def _quoted(message: str) -> str | None:
    """What a message quotes as the offending value."""
    found = re.search(r"""string '(.*)' to|["']([^"']*)["']""", message, re.DOTALL)
    return None if found is None else found[1] if found[1] is not None else found[2]


def _conversion(message: str) -> errors.SqlError:
    text = re.match(r"Could not convert string '(.*)' to (?:'?)(\w+)", message, re.DOTALL)
    if text is not None:
        name = _TYPE_NAMES.get(text[2].upper(), text[2].lower())
        if re.fullmatch(r"\s*[+-]?\d+\s*", text[1]) and name in ("smallint", "integer", "bigint"):
            return errors.NumericValueOutOfRange(f'value "{text[1]}" is out of range for type {name}')
        return errors.InvalidTextRepresentation(f'invalid input syntax for type {name}: "{text[1]}"')
    ranged = re.search(r"out of range for the destination type (\w+)", message) or re.match(
        r"Failed to cast decimal value \S+ to type (\w+)", message
    )
    if ranged is not None:
        name = _TYPE_NAMES.get(ranged[1], ranged[1].lower())
        return errors.NumericValueOutOfRange(f"{name} out of range")
    if "DECIMAL" in message or "Decimal" in message:
        if message.startswith("Could not convert string"):
            return errors.InvalidTextRepresentation(f'invalid input syntax for type numeric: "{_quoted(message)}"')
        return errors.NumericValueOutOfRange("numeric field overflow")
    if "field value out of range" in message:
        return errors.DatetimeFieldOverflow(f'date/time field value out of range: "{_quoted(message)}"')
    kind = re.match(r"invalid (date|timestamp|time) field format", message)
    if kind is not None:
        return errors.InvalidDatetimeFormat(f'invalid input syntax for type {kind[1]}: "{_quoted(message)}"')
    if "interval" in message.lower():
        return errors.InvalidDatetimeFormat(f'invalid input syntax for type interval: "{_quoted(message)}"')
    if "Timestamp" in message or "timestamp" in message or "Date" in message:
        return errors.DatetimeFieldOverflow("timestamp out of range")
    if "JSON" in message:
        return errors.InvalidTextRepresentation("invalid input syntax for type json", detail=message)
    return errors.InvalidTextRepresentation(message)


def _out_of_range(message: str) -> errors.SqlError:
    least = re.match(r"Overflow (?:in division of|on abs\()\s*(-\d+)", message)
    if least is not None:
        return _overflowed(int(least[1]))
    overflow = re.search(r"(?:of|in) \w+ (INT16|INT32|INT64)|type (INT16|INT32|INT64)", message)
    found = re.search(r"\b(INT16|INT32|INT64)\b", message) if overflow is None else overflow
    if found is not None:
        name = _TYPE_NAMES[next(group for group in (found[0], *found.groups()) if group in _TYPE_NAMES)]
        return errors.NumericValueOutOfRange(f"{name} out of range")
    if "imestamp" in message or "date" in message.lower() or "interval" in message.lower():
        return errors.DatetimeFieldOverflow("timestamp out of range")
    return errors.NumericValueOutOfRange(message[:1].lower() + message[1:])


_OF_RANGE: Final = (("smallint", 2**15), ("integer", 2**31), ("bigint", 2**63))


def _overflowed(value: int) -> errors.SqlError:
    """The error for the least number of its type, which has no opposite."""
    name = next((name for name, limit in _OF_RANGE if abs(value) <= limit), "bigint")
    return errors.NumericValueOutOfRange(f"{name} out of range")


def _invalid_input(message: str) -> errors.SqlError:
    lower = message.lower()
    if '.parquet"' in lower or ".parquet'" in lower:
        return _io(message)
    if lower.startswith("like pattern must not end"):
        return errors.InvalidEscapeSequence("LIKE pattern must not end with escape character")
    if lower.startswith("invalid escape string"):
        return errors.InvalidEscapeSequence(
            "invalid escape string", hint="Escape string must be empty or one character."
        )
    if lower.startswith("window") and "expression cannot be null" in lower:
        return errors.NullValueNotAllowed("frame offset must not be null")
    if lower.startswith("window") and "expression cannot be negative" in lower:
        return native.InvalidPrecedingOrFollowing("frame offset must not be negative")
    if message.startswith("Division by zero"):
        return errors.DivisionByZero()
    if message.startswith("More than one row returned by a subquery"):
        return errors.CardinalityViolation("more than one row returned by a subquery used as an expression")
    if (
        re.match(r"(missing|unexpected|invalid|no argument|bad|trailing|nested)[^:]*: ?", message)
        and "JSON" not in message
    ):
        return errors.InvalidRegularExpression(f"invalid regular expression: {message}")
    if "time zone" in message.lower() or "TimeZone" in message:
        return errors.InvalidParameterValue(message.partition("\n")[0])
    return errors.InvalidParameterValue(message.partition("\n")[0])


def _io(message: str) -> errors.SqlError:
    path = _quoted(message)
    if "No space left" in message:
        return errors.DiskFull(message)
    return errors.DataCorrupted(f'a segment cannot be read: "{path}"' if path else "a segment cannot be read", message)


_NO_FUNCTION: Final = (
    "No function matches the given name and argument types. You might need to add explicit type casts."
)


def _binder(message: str) -> errors.SqlError:
    first = message.partition("\n")[0]
    if first.startswith("Max expression depth"):
        return errors.StatementTooComplex()
    macro = re.match(r"Macro (?:silt_)?(\w+)\(\) does not support the supplied arguments", first)
    if macro is not None:
        return errors.UndefinedFunction(f"no function {macro[1]} has these arguments", hint=_NO_FUNCTION)
    if "following row cannot have preceding rows" in first:
        return errors.WindowingError("frame starting from following row cannot have preceding rows")
    if "LIMIT/OFFSET cannot be negative" in first:
        return native.InvalidRowCountInLimit("LIMIT and OFFSET must not be negative")
    if "interval cannot be 0" in first:
        return errors.InvalidParameterValue("step size cannot equal zero")
    if "must appear in the GROUP BY clause" in first or "aggregate" in first.lower():
        return errors.GroupingError(first)
    if "No function matches" in first or "Could not choose a best candidate" in first:
        return errors.UndefinedFunction(first)
    if "Cannot mix values" in first or "Cannot compare" in first or "cast" in first.lower():
        return errors.DatatypeMismatch(first)
    return errors.FeatureNotSupported(first)


def _parser(message: str) -> errors.SqlError:
    """What only the whole of a query says to be wrong."""
    first = message.partition("\n")[0]
    if first.startswith("Max expression depth"):
        return errors.StatementTooComplex()
    if first.startswith("Frame "):
        return errors.WindowingError(first[:1].lower() + first[1:])
    if first.startswith("syntax error"):
        return errors.SqlSyntaxError(first)
    return errors.FeatureNotSupported(first)


def _not_implemented(message: str) -> errors.SqlError:
    zone = re.match(r"Unknown TimeZone '(.*)'", message)
    return (
        errors.FeatureNotSupported(message.partition("\n")[0])
        if zone is None
        else errors.InvalidParameterValue(f'time zone "{zone[1]}" not recognized')
    )


def _memory(_message: str) -> errors.SqlError:
    return errors.OutOfMemory("out of memory", hint="The query needs more than memory_limit and its temporary files.")


_Handler = tuple[type[Exception], "Callable[[str], errors.SqlError]"]
_HANDLERS: Final[tuple[_Handler, ...]] = (
    (duckdb.OutOfMemoryException, _memory),
    (duckdb.ConversionException, _conversion),
    (duckdb.OutOfRangeException, _out_of_range),
    (duckdb.InvalidInputException, _invalid_input),
    (duckdb.IOException, _io),
    (duckdb.BinderException, _binder),
    (duckdb.SyntaxException, _invalid_input),
    (duckdb.ParserException, _parser),
    (duckdb.NotImplementedException, _not_implemented),
    (duckdb.CatalogException, lambda message: errors.UndefinedFunction(message.partition("\n")[0])),
)


def translate_streamed(error: Exception, interrupted: bool = False) -> errors.SqlError:
    """The SQL error for what Arrow raises in mid-stream: DuckDB's error as text."""
    text = str(error)
    for name, kind in _IN_TEXT:
        at = text.find(name)
        if at >= 0:
            return translate(kind(text[at:]), interrupted)
    return translate(duckdb.Error(text), interrupted)


_IN_TEXT: Final[tuple[tuple[str, Callable[[str], duckdb.Error]], ...]] = (
    ("Conversion Error: ", duckdb.ConversionException),
    ("Out of Range Error: ", duckdb.OutOfRangeException),
    ("Invalid Input Error: ", duckdb.InvalidInputException),
    ("Out of Memory Error: ", duckdb.OutOfMemoryException),
    ("IO Error: ", duckdb.IOException),
    ("INTERRUPT Error: ", duckdb.InterruptException),
    ("Not implemented Error: ", duckdb.NotImplementedException),
)
