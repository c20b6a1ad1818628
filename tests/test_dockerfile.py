"""The image, without an engine that could build it: its steps are run in a clean folder, as the engine would."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.server_process import ServerProcess

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Step:
    """One instruction of the Dockerfile, in the stage that it belongs to."""

    stage: str
    keyword: str
    text: str


def steps() -> list[Step]:
    """The instructions of the Dockerfile, continued lines joined."""
    text = re.sub(r"^\s*#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    found = []
    stage = ""
    for line in filter(str.strip, text.splitlines()):
        keyword, _, rest = line.strip().partition(" ")
        if keyword == "FROM":
            stage = rest.partition(" AS ")[2] or "final"
        found.append(Step(stage, keyword, " ".join(rest.split())))
    return found


def of(keyword: str, stage: str = "final") -> list[str]:
    """The texts of the instructions of one kind."""
    return [step.text for step in steps() if (step.keyword, step.stage) == (keyword, stage)]


def test_everything_that_is_copied_exists_and_is_let_in() -> None:
    """Each COPY source is a file of the repository, and .dockerignore does not keep it out."""
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    copied = [
        source
        for step in steps()
        if step.keyword == "COPY" and not step.text.startswith("--from=")
        for source in step.text.split()[:-1]
    ]
    assert copied
    assert ignored[0] == "*"
    for source in copied:
        assert (ROOT / source).exists(), source
        assert f"!{source}" in ignored


def test_the_image_is_slim_and_not_root() -> None:
    """Both stages start from a slim image, the last user is not root, and only what runs is copied over."""
    assert all(step.text.split()[0].endswith("-slim") for step in steps() if step.keyword == "FROM")
    assert of("USER") == ["siltdb"]
    assert [text for text in of("COPY") if text.startswith("--from=")] == ["--from=build /opt/siltdb /opt/siltdb"]
    assert not any("dev" in step.text for step in steps() if step.keyword in ("COPY", "RUN") and "lock" in step.text)


def test_configuration_and_data_are_volumes() -> None:
    """What must outlive a container is outside it, and where the environment points."""
    assert json.loads(of("VOLUME")[0]) == ["/etc/siltdb", "/var/lib/siltdb"]
    assert "SILTDB_STORAGE__DATA_DIR=/var/lib/siltdb" in of("ENV")[0].split()


@pytest.mark.long
def test_its_steps_give_a_server_that_is_healthy(tmp_path: Path) -> None:
    """COPY and RUN of the build stage in an empty folder, then CMD and HEALTHCHECK with the image's environment."""
    build = tmp_path / "build"
    build.mkdir()

    def moved(text: str) -> str:
        return re.sub(r"(?<![\w./])/(opt|etc|var/lib|build)\b", rf"{tmp_path}/\1", text)

    for step in steps():
        if step.stage == "build" and step.keyword == "COPY":
            copy(step.text, build)
        elif step.stage == "build" and step.keyword == "RUN":
            subprocess.run(["/bin/sh", "-c", moved(step.text)], cwd=build, check=True, stdin=subprocess.DEVNULL)
    etc = tmp_path / "etc" / "siltdb"
    etc.mkdir(parents=True)
    shutil.copy(ROOT / "config.toml", etc)

    set_there = dict(assignment.split("=", 1) for assignment in moved(of("ENV")[0]).split())
    environ = {name: value for name, value in set_there.items() if name.startswith("SILTDB_")}
    assert environ.pop("SILTDB_SERVER__HOST") == "0.0.0.0"
    password_file = tmp_path / "password"
    password_file.write_text("correct horse\n")
    environ["SILTDB_AUTH__ADMIN_PASSWORD_FILE"] = str(password_file)

    command = [moved(word) for word in json.loads(of("CMD")[0])]
    server = ServerProcess(
        Path(environ["SILTDB_STORAGE__DATA_DIR"]),
        *command[2:],
        executable=(str(tmp_path / "opt/siltdb/bin" / command[0]),),
        **environ,
    )
    server.data_dir.parent.mkdir(parents=True)
    server.start()
    try:
        with server.connect(password="correct horse") as connection:
            assert connection.execute("SELECT 1").fetchall() == [(1,)]
        health = json.loads(of("HEALTHCHECK")[0].partition("CMD ")[2])
        check = [str(tmp_path / "opt/siltdb/bin" / health[0]), *map(moved, health[1:]), "--port", str(server.port)]
        assert subprocess.run(check, env=os.environ | environ, check=False).returncode == 0
    finally:
        server.stop()


def copy(text: str, folder: Path) -> None:
    """A COPY instruction whose sources are in the repository."""
    *sources, target = shlex.split(text)
    for source in sources:
        origin, destination = ROOT / source, folder / target
        if origin.is_dir():
            shutil.copytree(origin, destination, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(origin, destination)
