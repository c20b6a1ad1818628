"""The options of COPY, checked as PostgreSQL checks them (`ProcessCopyOptions` in its copy.c)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from msgspec import Struct

from sql.errors import FeatureNotSupported, InvalidParameterValue, SqlSyntaxError
from sql.types.boolean import LITERALS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ALL_COLUMNS: Final = "*"
OptionValue = str | bool | int | list[str] | tuple[str, ...] | None
"""A value as the statement has it: None for an option without one, names (or `*`) for the FORCE_… options."""

_NAMES: Final = frozenset(
    {"format", "freeze", "delimiter", "null", "header", "quote", "escape", "encoding"}
    | {"force_quote", "force_not_null", "force_null"}
)
_UTF8: Final = frozenset({"utf8", "unicode"})
_NOT_DELIMITERS: Final = "\\.abcdefghijklmnopqrstuvwxyz0123456789"


class CopyOptions(Struct, frozen=True):
    """How the data of a COPY is written. Build it with `of`, which checks."""

    format: Literal["text", "csv", "binary"] = "text"
    delimiter: str = "\t"
    null: str = "\\N"
    header: bool | Literal["match"] = False
    quote: str = '"'
    escape: str = '"'
    force_quote: tuple[str, ...] = ()
    """Names of columns; `*` alone is all of them. The same for the next."""
    force_not_null: tuple[str, ...] = ()
    force_null: tuple[str, ...] = ()
    encoding: str = "UTF8"

    @classmethod
    def of(cls, options: Mapping[str, OptionValue], *, to_client: bool) -> CopyOptions:
        """Options by PostgreSQL's names, in lower case, of a COPY TO or FROM. Raises 42601, 22023 and 0A000."""
        for name in options:
            if name not in _NAMES:
                raise SqlSyntaxError(f'option "{name}" not recognized')
        copy_format = _format(options)
        csv = copy_format == "csv"
        _boolean(options, "freeze")
        if copy_format == "binary":
            _check_binary(options, to_client=to_client)
        _check_mode(options, csv=csv, to_client=to_client)
        quote = str(options.get("quote", '"'))
        checked = cls(
            format=copy_format,
            delimiter=str(options.get("delimiter", "," if csv else "\t")),
            null=str(options.get("null", "" if csv else "\\N")),
            header=_header(options, to_client=to_client),
            quote=quote,
            escape=str(options.get("escape", quote)),
            force_quote=_columns(options, "force_quote"),
            force_not_null=_columns(options, "force_not_null"),
            force_null=_columns(options, "force_null"),
            encoding=_encoding(options),
        )
        _check_characters(checked)
        return checked

    def forces(self, columns: Sequence[str], name: str) -> bool:
        """Whether a FORCE_… list names the column."""
        return name in columns or columns == (ALL_COLUMNS,)


def _format(options: Mapping[str, OptionValue]) -> Literal["text", "csv", "binary"]:
    name = options.get("format", "text")
    if name == "text":
        return "text"
    if name == "csv":
        return "csv"
    if name == "binary":
        return "binary"
    raise InvalidParameterValue(f'COPY format "{name}" not recognized')


def _boolean(options: Mapping[str, OptionValue], name: str) -> bool:
    value = options.get(name, False)
    truth = True if value is None else LITERALS.get(str(value).lower())
    if truth is None:
        raise SqlSyntaxError(f"{name} requires a Boolean value")
    return truth


def _header(options: Mapping[str, OptionValue], *, to_client: bool) -> bool | Literal["match"]:
    value = options.get("header", False)
    if isinstance(value, str) and value.lower() == "match":
        if to_client:
            raise FeatureNotSupported('cannot use "match" with HEADER in COPY TO')
        return "match"
    truth = True if value is None else LITERALS.get(str(value).lower())
    if truth is None:
        raise SqlSyntaxError('header requires a Boolean value or "match"')
    return truth


def _columns(options: Mapping[str, OptionValue], name: str) -> tuple[str, ...]:
    value = options.get(name, ())
    if value == ALL_COLUMNS and name == "force_quote":
        return (ALL_COLUMNS,)
    if not isinstance(value, (list, tuple)):
        raise InvalidParameterValue(f'argument to option "{name}" must be a list of column names')
    return tuple(value)


def _encoding(options: Mapping[str, OptionValue]) -> str:
    name = str(options.get("encoding", "UTF8"))
    if name.lower().replace("-", "") not in _UTF8:
        raise FeatureNotSupported(f'COPY in encoding "{name}" is not supported')
    return "UTF8"


def _check_binary(options: Mapping[str, OptionValue], *, to_client: bool) -> None:
    for name in ("delimiter", "null"):
        if name in options:
            raise SqlSyntaxError(f"cannot specify {name.upper()} in BINARY mode")
    if _header(options, to_client=to_client):
        raise FeatureNotSupported("cannot specify HEADER in BINARY mode")


def _check_mode(options: Mapping[str, OptionValue], *, csv: bool, to_client: bool) -> None:
    for name in ("quote", "escape", "force_quote", "force_not_null", "force_null"):
        if name in options and not csv:
            raise FeatureNotSupported(f"COPY {name.replace('_', ' ')} available only in CSV mode")
    if "force_quote" in options and not to_client:
        raise FeatureNotSupported("COPY force quote only available using COPY TO")
    for name in ("force_not_null", "force_null"):
        if name in options and to_client:
            raise FeatureNotSupported(f"COPY {name.replace('_', ' ')} only available using COPY FROM")


def _check_characters(options: CopyOptions) -> None:
    csv = options.format == "csv"
    if not _is_one_byte(options.delimiter):
        raise FeatureNotSupported("COPY delimiter must be a single one-byte character")
    if options.delimiter in "\r\n":
        raise InvalidParameterValue("COPY delimiter cannot be newline or carriage return")
    if "\r" in options.null or "\n" in options.null:
        raise InvalidParameterValue("COPY null representation cannot use newline or carriage return")
    if not csv and options.delimiter in _NOT_DELIMITERS:
        raise InvalidParameterValue(f'COPY delimiter cannot be "{options.delimiter}"')
    if csv and not _is_one_byte(options.quote):
        raise FeatureNotSupported("COPY quote must be a single one-byte character")
    if csv and options.delimiter == options.quote:
        raise InvalidParameterValue("COPY delimiter and quote must be different")
    if csv and not _is_one_byte(options.escape):
        raise FeatureNotSupported("COPY escape must be a single one-byte character")
    if options.delimiter in options.null:
        raise FeatureNotSupported("COPY delimiter must not appear in the NULL specification")
    if csv and options.quote in options.null:
        raise FeatureNotSupported("CSV quote character must not appear in the NULL specification")


def _is_one_byte(text: str) -> bool:
    return len(text.encode()) == 1
