"""The command line, up to the point where a server starts: what it prints, where, and its exit codes."""

from __future__ import annotations

import socket
import subprocess
import sys
from importlib.metadata import version
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


def run(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m server` with these arguments and this environment."""
    return subprocess.run(
        [sys.executable, "-m", "server", *arguments],
        capture_output=True,
        text=True,
        timeout=90,
        env=environ,
        check=False,
    )


def test_the_version_is_the_package_s() -> None:
    """`siltdb --version` prints name and version and exits 0."""
    result = run("--version")
    assert (result.returncode, result.stdout) == (0, f"siltdb {version('siltdb')}\n")


@pytest.mark.parametrize(
    ("arguments", "environ", "named"),
    [
        (["serve", "--config", "nowhere.toml"], {}, "'nowhere.toml': No such file or directory"),
        (["serve", "--port", "http"], {}, "--port = 'http'"),
        (["serve", "--log-level", "loud"], {}, "--log-level = 'loud'"),
        (["serve", "--host", "0.0.0.0"], {}, "auth.method = 'trust'"),
        (["serve"], {"SILTDB_JOBS__WORKERS": "1"}, "SILTDB_JOBS__WORKERS: there is no such key"),
        (["serve", "--colour"], {}, "unrecognized arguments: --colour"),
        (["fly"], {}, "invalid choice: 'fly'"),
        ([], {}, "COMMAND"),
    ],
)
def test_a_mistake_is_one_line_on_stderr_and_exit_code_2(
    arguments: list[str], environ: dict[str, str], named: str
) -> None:
    """The line names what is at fault; nothing is printed on stdout."""
    result = run(*arguments, **environ)
    assert result.returncode == 2
    assert named in result.stderr
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith("siltdb")
    assert result.stdout == ""


def test_a_bad_key_in_the_file_is_named_with_its_file(tmp_path: Path) -> None:
    """`siltdb serve --config F` with an unknown key: exit 2 and one line."""
    (tmp_path / "c.toml").write_text("[server]\nprot = 5433\n")
    result = run("serve", "--config", str(tmp_path / "c.toml"))
    assert result.returncode == 2
    assert (
        result.stderr
        == f"siltdb: {tmp_path / 'c.toml'}: server.prot: there is no such key; did you mean server.port?\n"
    )


def test_the_health_check_fails_where_nobody_listens() -> None:
    """Exit 1 and a line saying where."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = str(unused.getsockname()[1])
        result = run("healthcheck", "--port", port)
    assert (result.returncode, result.stderr) == (1, f"siltdb: 127.0.0.1:{port} is not answering\n")
