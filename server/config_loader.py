"""Makes a `Config` out of, from weak to strong: the defaults, a TOML file, the environment, the command line.

The environment names a key `SILTDB_<SECTION>__<KEY>`: `SILTDB_JOBS__MAX_CONCURRENT=8`. Only names with the double
underscore are ours: a container orchestrator sets `SILTDB_PORT`, `SILTDB_SERVICE_HOST` and the like by itself.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import Struct

from server.config import Bytes, Config, ConfigError, Seconds
from storage.units import UnitError, parse_duration, parse_size

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_VARIABLE: Final = re.compile(r"SILTDB_([A-Z0-9]+(?:_[A-Z0-9]+)*)__([A-Z0-9_]+)")


class Option(Struct, frozen=True):
    """A value from the command line: `Option("--port", "server.port", "5434")`."""

    name: str
    key: str
    value: str


class _Entry(Struct, frozen=True):
    """A value that someone gave for a key, and the words to name it in an error."""

    section: str
    key: str
    value: object
    named: str
    is_text: bool
    """Came as text where the file has types: `8` and `true` are then read out of it."""


def load_config(
    path: Path | None = None,
    environ: Mapping[str, str] | None = None,
    options: Iterable[Option] = (),
) -> Config:
    """The configuration, checked. Raises `ConfigError`, naming what is at fault."""
    entries = [*_from_file(path), *_from_environment(environ or {}), *_from_options(options)]
    sections: dict[str, dict[str, object]] = {}
    for entry in entries:
        sections.setdefault(entry.section, {})[entry.key] = _value_of(entry)
    made = {name: _type_of_section(name)(**values) for name, values in sections.items()}
    config = msgspec.structs.replace(Config(), **made)
    config.check()
    return config


def _from_file(path: Path | None) -> Iterator[_Entry]:
    if path is None:
        return
    try:
        text = path.read_text(encoding="utf-8")
        tables = tomllib.loads(text)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ConfigError(f"cannot read the configuration file '{path}': {reason}") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: {error}") from error
    for section, table in tables.items():
        if not isinstance(table, dict):
            raise ConfigError(f"{path}: {section}: every key belongs in a section, such as [server]")
        if not table:
            _type_of_section(section, f"{path}: [{section}]")
        for key, value in table.items():
            yield _Entry(section, key, value, f"{path}: {section}.{key}", is_text=False)


def _from_environment(environ: Mapping[str, str]) -> Iterator[_Entry]:
    for name, value in environ.items():
        match = _VARIABLE.fullmatch(name)
        if match is not None:
            yield _Entry(match[1].lower(), match[2].lower(), value, name, is_text=True)


def _from_options(options: Iterable[Option]) -> Iterator[_Entry]:
    for option in options:
        section, key = option.key.split(".")
        yield _Entry(section, key, option.value, option.name, is_text=True)


def _value_of(entry: _Entry) -> object:
    section = _type_of_section(entry.section, entry.named)
    types = {field.name: field.type for field in msgspec.structs.fields(section)}
    if entry.key not in types:
        raise ConfigError(f"{entry.named}: there is no such key{_hint(entry.section, entry.key, list(types))}")
    try:
        return msgspec.convert(entry.value, types[entry.key], strict=not entry.is_text, dec_hook=_decode)
    except (msgspec.ValidationError, UnitError) as error:
        text = str(error)
        raise ConfigError(f"{entry.named} = {entry.value!r}: {text[0].lower()}{text[1:]}") from error


def _type_of_section(name: str, named: str = "") -> type[msgspec.Struct]:
    for field in msgspec.structs.fields(Config):
        if field.name == name:
            assert isinstance(field.type, type)
            return field.type
    known = ", ".join(field.name for field in msgspec.structs.fields(Config))
    raise ConfigError(f"{named}: there is no section '{name}' (sections: {known})")


def _hint(section: str, key: str, known: list[str]) -> str:
    near = difflib.get_close_matches(key, known, n=1)
    if near:
        return f"; did you mean {section}.{near[0]}?"
    return f" (keys of {section}: {', '.join(known)})"


def _decode(wanted: type, value: Any) -> object:  # noqa: ANN401 - what msgspec hands over is of any type.
    if not isinstance(value, str):
        example = {Seconds: "'300s'", Bytes: "'64MB'"}.get(wanted, "a text")
        raise UnitError(f"expected {example}, got {value!r}")
    if wanted is Seconds:
        return Seconds(parse_duration(value))
    if wanted is Bytes:
        return Bytes(parse_size(value))
    assert wanted is Path, wanted
    if not value:
        raise UnitError("expected a path")
    return Path(value)
