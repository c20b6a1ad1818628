"""The command line: `siltdb serve`, `healthcheck`, `check` and `backup verify`, and `siltdb --version`.

What keeps the server from starting is said in one line on stderr that names it, and the exit code is 2.
"""

from __future__ import annotations

import argparse
import errno
import gc
import os
import sys
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

from server.announce import reachable_host
from server.config import ConfigError
from server.config_loader import Option, load_config
from storage.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from server.config import Config

EXIT_CANNOT_START: Final = 2
EXIT_UNHEALTHY: Final = 1

_OPTIONS: Final = {
    "--data-dir": ("storage.data_dir", "DIR", "the folder of all data (default ./data)"),
    "--host": ("server.host", "HOST", "the address to listen on (default 127.0.0.1)"),
    "--port": ("server.port", "PORT", "the port; 0 takes a free one (default 5433)"),
    "--log-level": ("log.level", "LEVEL", "debug, info, warning or error (default info)"),
}


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(EXIT_CANNOT_START, f"{self.prog}: {message} (see {self.prog} --help)\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command. Returns the exit code of the process."""
    parsed = _parser().parse_args(arguments)
    options = [
        Option(name, key, value)
        for name, (key, _, _) in _OPTIONS.items()
        if (value := getattr(parsed, key, None)) is not None
    ]
    try:
        config = load_config(parsed.config, os.environ, options)
        match parsed.command:
            case "healthcheck":
                return _healthcheck(config)
            case "backup":
                return _verify_backup(config, parsed.backup)
            case "check":
                return _check(config, as_json=parsed.json)
            case _:
                return _serve(config)
    except ConfigError as error:
        return _cannot_start(str(error))


def _serve(config: Config) -> int:
    # What is being read in at the start is no garbage: `serve` enables the collector again once it listens.
    gc.disable()
    # Imported here: it takes a second, and nothing of it is needed to say that a key is misspelt.
    from server.app import serve  # noqa: PLC0415

    try:
        return serve(config)
    except StorageError as error:
        return _cannot_start(str(error))
    except OSError as error:
        return _cannot_start(_explain(error, config))


def _explain(error: OSError, config: Config) -> str:
    """The line for an OSError that `serve` raised before it was ready."""
    if error.errno == errno.EADDRINUSE:
        return f"port {config.server.port} of {config.server.host} is in use: another server is listening there"
    reason = error.strerror or str(error)
    return f"{error.filename}: {reason}" if error.filename else f"{config.server.host}: {reason}"


def _healthcheck(config: Config) -> int:
    """Ask the server, as pg_isready does, whether it takes connections."""
    # Imported here: `serve` has no use for libpq's connections.
    from psycopg.conninfo import make_conninfo  # noqa: PLC0415
    from psycopg.pq import PGconn, Ping  # noqa: PLC0415

    host, port = reachable_host(config.server.host), config.server.port
    conninfo = make_conninfo(host=host, port=port, user="admin", dbname="siltdb", connect_timeout=5)
    answer = Ping(PGconn.ping(conninfo.encode()))
    if answer == Ping.OK:
        sys.stdout.write(f"{host}:{port} is accepting connections\n")
        return 0
    state = "starting or stopping" if answer == Ping.REJECT else "not answering"
    sys.stderr.write(f"siltdb: {host}:{port} is {state}\n")
    return EXIT_UNHEALTHY


def _verify_backup(config: Config, backup: str) -> int:
    # Imported here: storage takes long to import.
    from server.backup_command import verify  # noqa: PLC0415

    return verify(config, backup)


def _check(config: Config, *, as_json: bool) -> int:
    # Imported here for the same reason.
    from server.check_command import check  # noqa: PLC0415

    return check(config.storage.data_dir, as_json=as_json)


def _cannot_start(message: str) -> int:
    sys.stderr.write(f"siltdb: {' '.join(message.split())}\n")
    return EXIT_CANNOT_START


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="siltdb", description="A PostgreSQL-compatible SQL database server.")
    parser.add_argument("--version", action="version", version=f"siltdb {version('siltdb')}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command, purpose, names in (
        ("serve", "run the server until SIGTERM or Ctrl-C", list(_OPTIONS)),
        ("healthcheck", "exit 0 if the server takes connections, else 1", ["--host", "--port"]),
    ):
        _add_options(commands.add_parser(command, help=purpose, description=purpose), names)
    purpose = (
        "verify all of a data folder that no server has open: exit 0 if it is whole, 1 if not, 2 if it cannot be read"
    )
    check = commands.add_parser("check", help=purpose, description=purpose)
    check.add_argument("--json", action="store_true", help="print one JSON object instead of lines")
    _add_options(check, ["--data-dir"])
    backups = commands.add_parser("backup", help="look after backups", description="Look after backups.")
    purpose = "exit 0 if a backup is whole, else 1 with the name of the damaged file; needs no server"
    verify = backups.add_subparsers(required=True, metavar="COMMAND").add_parser(
        "verify", help=purpose, description=purpose
    )
    verify.add_argument("backup", metavar="NAME|PATH", help="its name in the folder of backups, or ./its/path")
    _add_options(verify, ["--data-dir"])
    return parser


def _add_options(parser: argparse.ArgumentParser, names: Sequence[str]) -> None:
    parser.add_argument("--config", metavar="FILE", type=Path, help="the configuration file (default: none)")
    for name in names:
        key, metavar, meaning = _OPTIONS[name]
        parser.add_argument(name, dest=key, metavar=metavar, help=meaning)
