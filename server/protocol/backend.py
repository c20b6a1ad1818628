"""What the server says, as bytes: PostgreSQL manual, "Message Formats", the backend half.

Messages that never change are constants; the others are plain functions.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

_INT16: Final = struct.Struct("!h").pack
_UINT16: Final = struct.Struct("!H").pack
_INT32: Final = struct.Struct("!i").pack
_TYPED: Final = struct.Struct("!ci").pack
_FIELD: Final = struct.Struct("!IhIhih").pack

SSL_ACCEPTED: Final = b"S"
ENCRYPTION_REFUSED: Final = b"N"

AUTHENTICATION_OK: Final = b"R\0\0\0\x08\0\0\0\0"
PARSE_COMPLETE: Final = b"1\0\0\0\x04"
BIND_COMPLETE: Final = b"2\0\0\0\x04"
CLOSE_COMPLETE: Final = b"3\0\0\0\x04"
EMPTY_QUERY_RESPONSE: Final = b"I\0\0\0\x04"
NO_DATA: Final = b"n\0\0\0\x04"
PORTAL_SUSPENDED: Final = b"s\0\0\0\x04"
COPY_DONE: Final = b"c\0\0\0\x04"
READY_FOR_QUERY: Final = {status: b"Z\0\0\0\x05" + status.encode() for status in "ITE"}
"""By transaction status: idle, in a transaction block, in a failed one."""


class FieldDescription(NamedTuple):
    """A column, as RowDescription tells of it."""

    name: str
    table_oid: int
    column_number: int
    type_oid: int
    type_size_bytes: int
    """pg_type.typlen; -1 where it varies."""
    type_modifier: int
    format: int


@dataclass(frozen=True, slots=True)
class ErrorFields:
    """What an ErrorResponse or NoticeResponse tells ("Error and Notice Message Fields")."""

    sqlstate: str
    message: str
    severity: str = "ERROR"
    detail: str | None = None
    hint: str | None = None
    position: int | None = None
    internal_position: int | None = None
    internal_query: str | None = None
    where: str | None = None
    schema: str | None = None
    table: str | None = None
    column: str | None = None
    data_type: str | None = None
    constraint: str | None = None
    file: str | None = None
    line: int | None = None
    routine: str | None = None


def authentication_sasl(mechanisms: Sequence[str]) -> bytes:
    """AuthenticationSASL: the mechanisms that the server offers, best first."""
    return _message(b"R", _INT32(10) + b"".join(_string(mechanism) for mechanism in mechanisms) + b"\0")


def authentication_sasl_continue(data: bytes) -> bytes:
    """AuthenticationSASLContinue: the server's challenge."""
    return _message(b"R", _INT32(11) + data)


def authentication_sasl_final(data: bytes) -> bytes:
    """AuthenticationSASLFinal: the server's proof."""
    return _message(b"R", _INT32(12) + data)


def parameter_status(name: str, value: str) -> bytes:
    """ParameterStatus: a setting that clients want to know of."""
    return _message(b"S", _string(name) + _string(value))


def backend_key_data(pid: int, secret: bytes) -> bytes:
    """BackendKeyData: what a CancelRequest must hold."""
    return _message(b"K", _INT32(pid) + secret)


def negotiate_protocol_version(newest_minor_version: int, unrecognized_options: Sequence[str]) -> bytes:
    """NegotiateProtocolVersion: a lower minor version than asked for, options that mean nothing here."""
    options = b"".join(_string(option) for option in unrecognized_options)
    version = 3 << 16 | newest_minor_version
    return _message(b"v", _INT32(version) + _INT32(len(unrecognized_options)) + options)


def row_description(fields: Sequence[FieldDescription]) -> bytes:
    """RowDescription: the columns of the rows that follow."""
    parts = [_UINT16(len(fields))]
    for name, *numbers in fields:
        parts.append(_string(name))
        parts.append(_FIELD(*numbers))
    return _message(b"T", b"".join(parts))


def parameter_description(oids: Sequence[int]) -> bytes:
    """ParameterDescription: the types of a statement's parameters."""
    return _message(b"t", _UINT16(len(oids)) + struct.pack(f"!{len(oids)}I", *oids))


def command_complete(tag: str) -> bytes:
    """CommandComplete: what was done."""
    body = tag.encode()
    return _TYPED(b"C", len(body) + 5) + body + b"\0"


def copy_in_response(column_count: int, *, binary: bool) -> bytes:
    """CopyInResponse: send data now."""
    return _copy_response(b"G", column_count, binary)


def copy_out_response(column_count: int, *, binary: bool) -> bytes:
    """CopyOutResponse: data follows."""
    return _copy_response(b"H", column_count, binary)


def copy_data(data: bytes) -> bytes:
    """CopyData: a row."""
    return _message(b"d", data)


def error_response(fields: ErrorFields) -> bytes:
    """ErrorResponse."""
    return _message(b"E", _fields(fields))


def notice_response(fields: ErrorFields) -> bytes:
    """NoticeResponse: as ErrorResponse, about nothing that failed."""
    return _message(b"N", _fields(fields))


def notification_response(pid: int, channel: str, payload: str) -> bytes:
    """NotificationResponse: what a NOTIFY of the given process sent."""
    return _message(b"A", _INT32(pid) + _string(channel) + _string(payload))


def _message(kind: bytes, body: bytes) -> bytes:
    return _TYPED(kind, len(body) + 4) + body


def _string(text: str) -> bytes:
    # A zero byte would end the string early and put the client out of step with everything after it.
    return text.replace("\0", "").encode(errors="replace") + b"\0"


def _copy_response(kind: bytes, column_count: int, binary: bool) -> bytes:
    form = int(binary)
    return _message(kind, bytes([form]) + _UINT16(column_count) + _INT16(form) * column_count)


def _fields(fields: ErrorFields) -> bytes:
    coded = (
        (b"S", fields.severity),
        (b"V", fields.severity),
        (b"C", fields.sqlstate),
        (b"M", fields.message),
        (b"D", fields.detail),
        (b"H", fields.hint),
        (b"P", fields.position),
        (b"p", fields.internal_position),
        (b"q", fields.internal_query),
        (b"W", fields.where),
        (b"s", fields.schema),
        (b"t", fields.table),
        (b"c", fields.column),
        (b"d", fields.data_type),
        (b"n", fields.constraint),
        (b"F", fields.file),
        (b"L", fields.line),
        (b"R", fields.routine),
    )
    return b"".join(code + _string(str(value)) for code, value in coded if value is not None) + b"\0"
