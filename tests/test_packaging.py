"""What is pinned, and what a newcomer's commands are."""

from __future__ import annotations

import re
import subprocess
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LOCKS = {
    "requirements.lock": None,
    "requirements-build.lock": "build",
    "requirements-dev.lock": "dev",
    "requirements-demo.lock": "demo",
}
"""Each lock file with the dependency group that it pins; the first pins the product's own dependencies."""

TARGETS = ["run", "install", "check", "format", "test", "test-long", "demo", "bench", "lock", "clean"]

_PIN = re.compile(r"^([a-z0-9][a-z0-9._-]*)==([^\s;]+)(?: ; [^\\]+)?(?: \\)?$")


def pins(lock: str) -> dict[str, str]:
    """The versions that a lock file pins, by package. Fails on any line that is neither a pin, a hash nor a comment."""
    found: dict[str, str] = {}
    for line in (ROOT / lock).read_text().splitlines():
        if line.startswith(("    --hash=sha256:", "    #")):
            continue
        match = _PIN.match(line)
        assert match is not None, f"{lock}: {line}"
        found[match[1]] = match[2]
    return found


def names(requirements: list[str]) -> set[str]:
    """The packages that requirements name, without extras and version bounds."""
    return {re.split(r"[\[<>=~!; ]", requirement, maxsplit=1)[0].lower() for requirement in requirements}


@pytest.fixture(scope="module")
def project() -> dict:
    """pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_index_and_hashes_every_pin(lock: str) -> None:
    """Any mirror can serve it, and none can serve something else: no address, and a hash under each pin."""
    text = (ROOT / lock).read_text()
    assert "://" not in text
    assert "--index-url" not in text
    blocks = re.split(r"\n(?=[a-z0-9])", text.strip())
    assert len(blocks) >= len(pins(lock)) > 0
    assert all("--hash=sha256:" in block for block in blocks)


@pytest.mark.parametrize(("lock", "group"), LOCKS.items())
def test_every_dependency_is_pinned(project: dict, lock: str, group: str | None) -> None:
    """What pyproject.toml asks for is in the lock file of its group."""
    wanted = project["dependency-groups"][group] if group else project["project"]["dependencies"]
    assert wanted
    assert names(wanted) <= set(pins(lock))


def test_what_is_developed_with_is_what_is_shipped() -> None:
    """The development lock pins the product's dependencies to the product's versions."""
    development = pins("requirements-dev.lock")
    for lock in ("requirements.lock", "requirements-build.lock"):
        for package, pinned in pins(lock).items():
            assert development[package] == pinned


def test_what_is_installed_is_what_is_pinned() -> None:
    """The tests run on the pinned versions, so they speak of what a user gets."""
    for package in ("duckdb", "pyarrow", "rocksdict", "sqlglot", "msgspec", "psycopg"):
        assert version(package) == pins("requirements.lock")[package]


def test_the_development_tools_are_not_shipped(project: dict) -> None:
    """`make run` and the image install nothing that only developers need."""
    only_development = names(project["dependency-groups"]["dev"]) - names(project["project"]["dependencies"])
    assert not only_development & set(pins("requirements.lock"))


@pytest.mark.parametrize("target", TARGETS)
def test_the_makefile_has_the_commands(target: str) -> None:
    """`make <target>` is known, and is a command, not a file."""
    result = subprocess.run(
        ["make", "--dry-run", "--always-make", target], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    phony = re.search(r"^\.PHONY: (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert phony is not None
    assert target in phony[1].split()


def test_continuous_integration_ends_with_the_tests() -> None:
    """`.ci/run` can be executed and its last command is `make test`."""
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    assert script.read_text().rstrip().splitlines()[-1] == "make test"


def test_the_four_packages_are_installed_under_their_names(project: dict) -> None:
    """server, sql, storage and jobs, and the command siltdb."""
    assert project["tool"]["setuptools"]["packages"]["find"]["include"] == ["server*", "sql*", "storage*", "jobs*"]
    assert project["project"]["scripts"] == {"siltdb": "server.cli:main"}


def test_nothing_committed_names_a_place_of_one_machine() -> None:
    """No path of the machine that it was written on, and no address of a package registry."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    places = re.compile(r"/wor" + r"k/main|/roo" + r"t/|py" + r"pi\.org|pythonhoste" + r"d\.org")
    wrong = []
    for name in filter(None, listed.stdout.split("\0")):
        path = ROOT / name
        if path.is_file() and (match := places.search(path.read_text(encoding="utf-8", errors="replace"))):
            wrong.append(f"{name}: {match[0]}")
    assert not wrong
