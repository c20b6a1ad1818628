"""Texts and bytes: encodings, Unicode, bits."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import unicodedata
from typing import TYPE_CHECKING, Final, Literal

from sql.errors import (
    ArraySubscriptError,
    CharacterNotInRepertoire,
    InvalidParameterValue,
    InvalidTextRepresentation,
    SqlSyntaxError,
    SubstringError,
    UntranslatableCharacter,
)
from sql.native.function import NativeFunction

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_BASE64_LINE: Final = 76


def encoded(value: bytes, form: str) -> str:
    """encode()."""
    match form.lower():
        case "hex":
            return value.hex()
        case "base64":
            text = base64.b64encode(value).decode()
            # A full line is always ended, also the last one.
            return re.sub(rf".{{{_BASE64_LINE}}}", r"\g<0>\n", text)
        case "escape":
            return "".join(_escaped(byte) for byte in value)
    raise InvalidParameterValue(f'unrecognized encoding: "{form}"')


def _escaped(byte: int) -> str:
    if byte == ord("\\"):
        return "\\\\"
    return f"\\{byte:03o}" if byte == 0 or byte >= 128 else chr(byte)


def decoded(text: str, form: str) -> bytes:
    """decode()."""
    match form.lower():
        case "hex":
            return _from_hex(text)
        case "base64":
            return _from_base64(text)
        case "escape":
            return _from_escapes(text)
    raise InvalidParameterValue(f'unrecognized encoding: "{form}"')


def _from_hex(text: str) -> bytes:
    digits = re.sub(r"[ \n\t\r]", "", text)
    wrong = re.search(r"[^0-9a-fA-F]", digits)
    if wrong is not None:
        raise InvalidParameterValue(f'invalid hexadecimal digit: "{wrong[0]}"')
    if len(digits) % 2:
        raise InvalidParameterValue("invalid hexadecimal data: odd number of digits")
    return bytes.fromhex(digits)


def _from_base64(text: str) -> bytes:
    plain = re.sub(r"[ \n\t\r]", "", text)
    wrong = re.search(r"[^A-Za-z0-9+/=]", plain)
    if wrong is not None:
        raise InvalidParameterValue(f'invalid symbol "{wrong[0]}" found while decoding base64 sequence')
    try:
        return base64.b64decode(plain, validate=True)
    except binascii.Error:
        raise InvalidParameterValue(
            "invalid base64 end sequence",
            hint="Input data is missing padding, is truncated, or is otherwise corrupted.",
        ) from None


_ESCAPE: Final = re.compile(rb"\\(?:([0-3][0-7]{2})|(\\))|([^\\]+)")


def _from_escapes(text: str) -> bytes:
    data = text.encode()
    out = []
    at = 0
    while at < len(data):
        found = _ESCAPE.match(data, at)
        if found is None:
            raise InvalidTextRepresentation("invalid input syntax for type bytea")
        out.append(bytes((int(found[1], 8),)) if found[1] else b"\\" if found[2] else found[3])
        at = found.end()
    return b"".join(out)


_UNICODE: Final = re.compile(
    r"\\(?:(\\)|([0-9a-fA-F]{4})|\+([0-9a-fA-F]{6})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))|([^\\]+)"
)


def unistr(text: str) -> str:
    """unistr()."""
    out = []
    at = 0
    while at < len(text):
        found = _UNICODE.match(text, at)
        if found is None:
            raise SqlSyntaxError(
                "invalid Unicode escape", hint="Unicode escapes must be \\XXXX, \\+XXXXXX, \\uXXXX, or \\UXXXXXXXX."
            )
        code = found[2] or found[3] or found[4] or found[5]
        out.append(chr(int(code, 16)) if code else "\\" if found[1] else found[6])
        at = found.end()
    try:
        return "".join(out).encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        raise SqlSyntaxError("invalid Unicode surrogate pair") from None


def initcap(text: str) -> str:
    """initcap(): words are letters and digits side by side."""
    if text.isascii():
        return _ASCII_WORD.sub(_capitalized, text)
    return "".join(
        (character.upper() if begins else character.lower()) if len(character.upper()) == 1 else character
        for character, begins in zip(text, _beginnings(text), strict=True)
    )


_ASCII_WORD: Final = re.compile("[0-9A-Za-z]+")


def _capitalized(word: re.Match[str]) -> str:
    return word[0].capitalize()


def _beginnings(text: str) -> Iterator[bool]:
    inside = False
    for character in text:
        yield not inside
        inside = character.isalnum()


_FORMS: Final[tuple[Literal["NFC", "NFD", "NFKC", "NFKD"], ...]] = ("NFC", "NFD", "NFKC", "NFKD")


def normalized(text: str, form: str) -> str:
    """normalize()."""
    known = next((known for known in _FORMS if known == form.upper()), None)
    if known is None:
        raise InvalidParameterValue(f"invalid normalization form: {form}")
    return unicodedata.normalize(known, text)


def overlaid(text: str, put: str, start: int, size: int) -> str:
    """overlay()."""
    if start <= 0:
        raise SubstringError
    return text[: start - 1] + put + text[max(start - 1 + size, 0) :]


def overlaid_bytes(value: bytes, put: bytes, start: int, size: int) -> bytes:
    """overlay() of bytea."""
    if start <= 0:
        raise SubstringError
    return value[: start - 1] + put + value[max(start - 1 + size, 0) :]


_CODECS: Final = {
    "utf8": "utf-8", "unicode": "utf-8", "latin1": "latin-1", "iso88591": "latin-1", "latin9": "iso8859-15",
    "sqlascii": "ascii", "win1252": "cp1252", "win1251": "cp1251", "win1250": "cp1250", "latin2": "iso8859-2",
    "eucjp": "euc-jp", "sjis": "shift-jis", "gbk": "gbk", "gb18030": "gb18030", "big5": "big5", "euckr": "euc-kr",
    "koi8r": "koi8-r", "koi8u": "koi8-u",
}  # fmt: skip


def _codec(name: str, what: str) -> str:
    codec = _CODECS.get(re.sub(r"[^a-z0-9]", "", name.lower()))
    if codec is None:
        raise InvalidParameterValue(f'invalid {what} encoding name "{name}"')
    return codec


def converted_from(value: bytes, encoding: str) -> str:
    """convert_from()."""
    if 0 in value:
        raise CharacterNotInRepertoire(f'invalid byte sequence for encoding "{encoding.upper()}": 0x00')
    try:
        return value.decode(_codec(encoding, "source"))
    except UnicodeDecodeError as error:
        wrong = " ".join(f"0x{byte:02x}" for byte in value[error.start : error.start + 1])
        raise CharacterNotInRepertoire(f'invalid byte sequence for encoding "{encoding.upper()}": {wrong}') from None


def converted_to(text: str, encoding: str) -> bytes:
    """convert_to()."""
    try:
        return text.encode(_codec(encoding, "destination"))
    except UnicodeEncodeError as error:
        wrong = " ".join(f"0x{byte:02x}" for byte in text[error.start].encode())
        raise UntranslatableCharacter(
            f'character with byte sequence {wrong} in encoding "UTF8" has no equivalent '
            f'in encoding "{encoding.upper()}"'
        ) from None


def get_byte(value: bytes, place: int) -> int:
    """get_byte()."""
    _check_place(place, len(value))
    return value[place]


def set_byte(value: bytes, place: int, byte: int) -> bytes:
    """set_byte()."""
    _check_place(place, len(value))
    return value[:place] + bytes((byte & 255,)) + value[place + 1 :]


def get_bit(value: bytes, place: int) -> int:
    """get_bit()."""
    _check_place(place, len(value) * 8)
    return value[place // 8] >> (place % 8) & 1


def set_bit(value: bytes, place: int, bit: int) -> bytes:
    """set_bit()."""
    _check_place(place, len(value) * 8)
    if bit not in (0, 1):
        raise InvalidParameterValue("new bit must be 0 or 1")
    mask = 1 << place % 8
    byte = value[place // 8] & ~mask | (mask if bit else 0)
    return set_byte(value, place // 8, byte)


def _check_place(place: int, count: int) -> None:
    if not 0 <= place < count:
        raise ArraySubscriptError(f"index {place} out of valid range, 0..{count - 1}")


def _hash(name: str) -> Callable[[bytes], bytes]:
    return lambda value: hashlib.new(name, value).digest()


_T: Final = "VARCHAR"
_B: Final = "BLOB"
_I: Final = "INTEGER"
_L: Final = "BIGINT"

TEXT_FUNCTIONS: Final = (
    NativeFunction("silt_encode", encoded, (_B, _T), _T),
    NativeFunction("silt_decode", decoded, (_T, _T), _B),
    NativeFunction("silt_initcap", initcap, (_T,), _T),
    NativeFunction("silt_unistr", unistr, (_T,), _T),
    NativeFunction("silt_normalize", normalized, (_T, _T), _T),
    NativeFunction("silt_overlay", overlaid, (_T, _T, _I, _I), _T),
    NativeFunction("silt_overlay_bytes", overlaid_bytes, (_B, _B, _I, _I), _B),
    NativeFunction("silt_convert_from", converted_from, (_B, _T), _T),
    NativeFunction("silt_convert_to", converted_to, (_T, _T), _B),
    NativeFunction("silt_get_byte", get_byte, (_B, _I), _I),
    NativeFunction("silt_set_byte", set_byte, (_B, _I, _I), _B),
    NativeFunction("silt_get_bit", get_bit, (_B, _L), _I),
    NativeFunction("silt_set_bit", set_bit, (_B, _L, _I), _B),
    NativeFunction("silt_bit_count", lambda value: int.from_bytes(value).bit_count(), (_B,), _L),
    NativeFunction("silt_sha224", _hash("sha224"), (_B,), _B),
    NativeFunction("silt_sha384", _hash("sha384"), (_B,), _B),
    NativeFunction("silt_sha512", _hash("sha512"), (_B,), _B),
    NativeFunction("silt_trim_bytes", lambda value, set_: value.strip(set_), (_B, _B), _B),
    NativeFunction("silt_ltrim_bytes", lambda value, set_: value.lstrip(set_), (_B, _B), _B),
    NativeFunction("silt_rtrim_bytes", lambda value, set_: value.rstrip(set_), (_B, _B), _B),
    NativeFunction("silt_position_bytes", lambda part, value: value.find(part) + 1, (_B, _B), _I),
)
