"""Settings of a session: what SET, SHOW and RESET work on, and what a client is told when it changes.

A setting is described once in `SETTINGS`. `SessionSettings` holds one session's values; a transaction that ends takes
back what it should (SET LOCAL always, SET when rolled back), by restoring the immutable mapping it started from.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Struct
from msgspec.structs import replace

from sql.errors import CannotChangeSetting, InvalidParameterValue, OutOfMemory, UndefinedSetting

SERVER_VERSION: Final = "15.0 (SiltDB 0.1.0)"

Check = Callable[[str, str], str]
"""From a setting's name and the text given to its canonical text; raises `InvalidParameterValue`."""


class Setting(Struct, frozen=True):
    """One setting: its PostgreSQL name, built-in value, and how a new value is checked."""

    name: str
    default: str
    check: Check
    description: str
    vartype: str = "string"
    unit: str | None = None
    reported: bool = False
    """ParameterStatus is sent when it changes."""
    read_only: bool = False
    choices: tuple[str, ...] = ()


def _refuse(name: str, value: str, hint: str | None = None) -> InvalidParameterValue:
    return InvalidParameterValue(f'invalid value for parameter "{name}": "{value}"', hint=hint)


def _text(_name: str, value: str) -> str:
    return value


_BOOLEANS: Final = {
    **dict.fromkeys(("on", "true", "t", "yes", "y", "1"), "on"),
    **dict.fromkeys(("off", "false", "f", "no", "n", "0"), "off"),
}


def _boolean(name: str, value: str) -> str:
    canonical = _BOOLEANS.get(value.strip().lower())
    if canonical is None:
        raise InvalidParameterValue(f'parameter "{name}" requires a Boolean value')
    return canonical


def _choice(*allowed: str) -> Check:
    def check(name: str, value: str) -> str:
        canonical = " ".join(value.strip().lower().split())
        if canonical not in allowed:
            raise _refuse(name, value, f"Available values: {', '.join(allowed)}.")
        return canonical

    return check


def _integer(low: int, high: int) -> Check:
    def check(name: str, value: str) -> str:
        try:
            number = int(value)
        except ValueError:
            raise _refuse(name, value) from None
        if not low <= number <= high:
            raise InvalidParameterValue(f'{number} is outside the valid range for parameter "{name}" ({low} .. {high})')
        return str(number)

    return check


_MILLISECONDS: Final = {"us": 0.001, "ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}


def _duration(name: str, value: str) -> str:
    """A time with a unit, or in milliseconds; canonical in the largest unit that divides it, as SHOW prints it."""
    match = re.fullmatch(r"\s*(-?\d+(?:\.\d*)?)\s*([a-z]*)\s*", value)
    if match is None:
        raise _refuse(name, value)
    if match[2] and match[2] not in _MILLISECONDS:
        raise _refuse(name, value, 'Valid units for this parameter are "us", "ms", "s", "min", "h", and "d".')
    milliseconds = round(float(match[1]) * _MILLISECONDS[match[2] or "ms"])
    if not 0 <= milliseconds <= 2**31 - 1:
        raise InvalidParameterValue(
            f'{milliseconds} ms is outside the valid range for parameter "{name}" (0 ms .. {2**31 - 1} ms)'
        )
    for unit in ("d", "h", "min", "s"):
        if milliseconds and milliseconds % _MILLISECONDS[unit] == 0:
            return f"{int(milliseconds // _MILLISECONDS[unit])}{unit}"
    return f"{milliseconds}ms" if milliseconds else "0"


def milliseconds_of(duration: str) -> int:
    """The milliseconds of a canonical duration setting; 0 means no limit."""
    match = re.fullmatch(r"(\d+)([a-z]*)", duration)
    assert match is not None, duration
    return int(int(match[1]) * _MILLISECONDS[match[2] or "ms"])


def _time_zone(name: str, value: str) -> str:
    if value.upper() in ("UTC", "GMT", "ZULU", "DEFAULT"):
        return "UTC" if value.upper() != "GMT" else "GMT"
    try:
        return ZoneInfo(value).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise _refuse(name, value) from None


def _date_style(name: str, value: str) -> str:
    words = {word.strip().upper() for word in value.split(",")}
    if not words <= {"ISO", "MDY", "US", "NONEURO", "NONEUROPEAN", "DEFAULT"}:
        raise _refuse(name, value, "Only the ISO style with MDY order is supported.")
    return "ISO, MDY"


def _encoding(name: str, value: str) -> str:
    # asyncpg sends the name in quotes, as a SET statement would have it.
    if value.strip("'\"").upper().replace("-", "").replace("_", "") not in ("UTF8", "UNICODE"):
        raise _refuse(name, value, "Only UTF8 is supported.")
    return "UTF8"


def _no_tablespace(name: str, value: str) -> str:
    if value:
        raise _refuse(name, value, "There are no tablespaces.")
    return value


def _search_path(_name: str, value: str) -> str:
    return ", ".join(part.strip() for part in value.split(","))


_ISOLATION: Final = _choice("read committed", "read uncommitted", "repeatable read", "serializable")
_ON: Final = _choice("on")
_ISO_ONLY: Final = "postgres"


def _setting_list() -> tuple[Setting, ...]:
    return (
        Setting("application_name", "", _text, "Name of the application, for the logs and lists.", reported=True),
        Setting("bytea_output", "hex", _choice("hex"), "Output format of bytea.", "enum"),
        Setting("check_function_bodies", "on", _boolean, "Accepted for dumps; no functions can be made.", "bool"),
        Setting("client_encoding", "UTF8", _encoding, "Character encoding of the client.", reported=True),
        Setting(
            "client_min_messages",
            "notice",
            _choice("debug5", "debug4", "debug3", "debug2", "debug1", "log", "notice", "warning", "error"),
            "Least severe message that is sent to the client.",
            "enum",
        ),
        Setting("DateStyle", "ISO, MDY", _date_style, "Display format of dates and times.", reported=True),
        Setting("default_table_access_method", "heap", _choice("heap"), "Accepted for dumps; there is one way."),
        Setting("default_tablespace", "", _no_tablespace, "Accepted for dumps; there are no tablespaces."),
        Setting("default_transaction_deferrable", "off", _boolean, "Whether new transactions are deferrable.", "bool"),
        Setting(
            "default_transaction_isolation", "read committed", _ISOLATION, "Isolation of new transactions.", "enum"
        ),
        Setting(
            "default_transaction_read_only",
            "off",
            _boolean,
            "Whether new transactions are read-only.",
            "bool",
            reported=True,
        ),
        Setting("extra_float_digits", "1", _integer(-15, 3), "Digits of floats in text.", "integer"),
        Setting(
            "idle_in_transaction_session_timeout",
            "0",
            _duration,
            "Longest idle time in a transaction.",
            "integer",
            "ms",
        ),
        Setting("in_hot_standby", "off", _boolean, "Always off: there are no standbys.", "bool", None, True, True),
        Setting("integer_datetimes", "on", _boolean, "Always on.", "bool", None, True, True),
        Setting("IntervalStyle", "postgres", _choice(_ISO_ONLY), "Display format of intervals.", "enum", reported=True),
        Setting("is_superuser", "off", _boolean, "Whether this session's role is one.", "bool", None, True, True),
        Setting("jit", "off", _boolean, "Accepted for clients that set it; queries are vectorised instead.", "bool"),
        Setting("lc_collate", "C", _text, "Order of text: bytes.", read_only=True),
        Setting("lc_ctype", "C", _text, "Classes of characters.", read_only=True),
        Setting("lock_timeout", "0", _duration, "Longest wait for a lock.", "integer", "ms"),
        Setting("max_identifier_length", "63", _integer(63, 63), "Longest name, in bytes.", "integer", read_only=True),
        Setting("role", "none", _text, "The role that statements act as.", read_only=True),
        Setting("row_security", "on", _boolean, "Accepted; there are no row policies.", "bool"),
        Setting("search_path", '"$user", public', _search_path, "Namespaces searched for names without one."),
        Setting("server_encoding", "UTF8", _text, "Character encoding of the server.", reported=True, read_only=True),
        Setting("server_version", SERVER_VERSION, _text, "Version.", reported=True, read_only=True),
        Setting("server_version_num", "150000", _text, "Version as a number.", "integer", read_only=True),
        Setting("session_authorization", "", _text, "The role of the session.", reported=True, read_only=True),
        Setting("standard_conforming_strings", "on", _ON, "Always on.", "bool", reported=True),
        Setting("statement_timeout", "0", _duration, "Longest time of a statement.", "integer", "ms"),
        Setting(
            "synchronous_commit",
            "on",
            _choice("on", "off", "local", "remote_write", "remote_apply"),
            "Whether a commit waits until it is durable.",
            "enum",
        ),
        Setting("synchronize_seqscans", "on", _boolean, "Accepted for dumps; each scan reads all for itself.", "bool"),
        Setting("TimeZone", "UTC", _time_zone, "Time zone of this session.", reported=True),
        Setting("transaction_deferrable", "off", _boolean, "Whether this transaction is deferrable.", "bool"),
        Setting("transaction_isolation", "read committed", _ISOLATION, "Isolation of this transaction.", "enum"),
        Setting("transaction_read_only", "off", _boolean, "Whether this transaction is read-only.", "bool"),
        Setting(
            "xmloption", "content", _choice("content"), "Accepted for clients that set it; there is no XML.", "enum"
        ),
    )


SETTINGS: Final[Mapping[str, Setting]] = {setting.name.lower(): setting for setting in _setting_list()}


_KEPT_BY_RESET_ALL: Final = ("is_superuser", "role", "session_authorization")


def find_setting(name: str) -> Setting:
    """The setting of that name, in any case of letters. Raises `UndefinedSetting`."""
    setting = SETTINGS.get(name.lower())
    if setting is None:
        raise UndefinedSetting(f'unrecognized configuration parameter "{name}"')
    return setting


def checked_start(options: Mapping[str, str]) -> dict[str, str]:
    """The settings that a client gave when it connected, in canonical form. Raises what SET raises."""
    checked = {}
    for name, value in options.items():
        setting = find_setting(name)
        if setting.read_only:
            raise CannotChangeSetting(f'parameter "{setting.name}" cannot be changed')
        checked[setting.name] = setting.check(setting.name, value)
    return checked


MADE_UP_MAX: Final = 10_000
MADE_UP_CHARACTERS_MAX: Final = 16 << 20
"""What the settings of two-part names may be in one session, of which PostgreSQL limits neither."""


class Values(Struct, frozen=True):
    """Settings of a session at one moment: what was given when it started, and what was SET since."""

    start: Mapping[str, str]
    session: Mapping[str, str]
    local: Mapping[str, str]

    def get(self, name: str) -> str:
        """The value in force, by lower-case name."""
        for layer in (self.local, self.session, self.start):
            if name in layer:
                return layer[name]
        return SETTINGS[name].default


class SessionSettings:
    """The values of one session, and which of them the client has yet to be told."""

    def __init__(self, start: Mapping[str, str]) -> None:
        self.values = Values({name.lower(): value for name, value in start.items()}, {}, {})
        """The values in force: another object whenever one has changed. Only to be read."""
        self._at_begin = self.values
        self._reported = {name: self.values.get(name) for name, setting in SETTINGS.items() if setting.reported}
        self._changed = False

    def get(self, name: str) -> str:
        """The value in force. Raises `UndefinedSetting`."""
        lower = name.lower()
        if lower in SETTINGS:
            return self.values.get(lower)
        for layer in (self.values.local, self.values.session):
            if lower in layer:
                return layer[lower]
        raise UndefinedSetting(f'unrecognized configuration parameter "{name}"')

    def set(self, name: str, value: str | None, *, local: bool = False) -> None:
        """Set to a text, or with `None` back to the value at the session's start. Raises what the check raises."""
        lower = name.lower()
        if "." in lower:
            # A name of two parts is a place for the application's own value, as in PostgreSQL.
            self._require_room(lower, value or "")
            self.assign({lower: value or ""}, local=local)
            return
        setting = find_setting(name)
        if setting.read_only:
            raise CannotChangeSetting(f'parameter "{setting.name}" cannot be changed')
        if value is None:
            canonical = self.values.start.get(lower, setting.default)
        else:
            canonical = setting.check(setting.name, value)
        self.assign({lower: canonical}, local=local)

    def _require_room(self, name: str, value: str) -> None:
        """Raise `OutOfMemory` where the settings that the application made up would take too much."""
        made_up = {
            each: text
            for layer in (self.values.session, self.values.local)
            for each, text in layer.items()
            if "." in each
        }
        made_up[name] = value
        if (
            len(made_up) > MADE_UP_MAX
            or sum(map(len, made_up.values())) + sum(map(len, made_up)) > MADE_UP_CHARACTERS_MAX
        ):
            raise OutOfMemory(
                "out of memory",
                detail=f"A session keeps {MADE_UP_MAX} parameters of its own at most, with "
                f"{MADE_UP_CHARACTERS_MAX >> 20} MB of text.",
            )

    def assign(self, changes: Mapping[str, str], *, local: bool) -> None:
        """Set to canonical texts, by lower-case name, what others have checked."""
        values = self.values
        if local:
            self.values = replace(values, local={**values.local, **changes})
        else:
            without = {key: text for key, text in values.local.items() if key not in changes}
            self.values = replace(values, session={**values.session, **changes}, local=without)
        self._changed = True

    def reset_all(self) -> None:
        """RESET ALL: back to the values at the session's start, but for the roles, as in PostgreSQL."""
        values = self.values
        session, local = (
            {name: layer[name] for name in _KEPT_BY_RESET_ALL if name in layer}
            for layer in (values.session, values.local)
        )
        self.values = Values(values.start, session, local)
        self._changed = True

    def restore(self, values: Values) -> None:
        """Back to what was in force at a savepoint."""
        if values is not self.values:
            self.values = values
            self._changed = True

    def end(self, *, committed: bool) -> None:
        """The transaction ended: SET LOCAL is over, and so is SET when it was rolled back."""
        kept = self.values if committed else self._at_begin
        if kept.local:
            kept = replace(kept, local={})
        if kept is not self.values:
            self.values = kept
            self._changed = True
        self._at_begin = kept

    @property
    def is_changed(self) -> bool:
        """Whether anything was set since the last transaction ended."""
        return self.values is not self._at_begin

    def take_changes(self) -> list[tuple[str, str]]:
        """Name and value of each reported setting that changed since this was last asked."""
        if not self._changed:
            return []
        self._changed = False
        changes = []
        for name, told in self._reported.items():
            value = self.values.get(name)
            if value != told:
                self._reported[name] = value
                changes.append((SETTINGS[name].name, value))
        return changes

    def reported(self) -> list[tuple[str, str]]:
        """Name and value of all reported settings: what a client is told when it connects."""
        return [(SETTINGS[name].name, self.values.get(name)) for name in self._reported]

    def all(self) -> list[tuple[Setting, str]]:
        """Every setting with the value in force, by name; those that the application made up come last."""
        known = [(setting, self.values.get(name)) for name, setting in sorted(SETTINGS.items())]
        made_up = sorted({*self.values.session, *self.values.local}.difference(SETTINGS))
        return known + [(Setting(name, "", _text, "Set by the application."), self.get(name)) for name in made_up]
