"""Logging: which event goes where, how it starts, and what is never written."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Literal

import pytest
import structlog

from server.logging import MASK, LogSettings, close_logging, configure_logging

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def settings(tmp_path: Path):
    """Logs in a folder of the test; the process is left as it was found."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    root.handlers.clear()
    yield LogSettings("info", "console", tmp_path / "logs", 1 << 20, 2)
    close_logging()
    structlog.reset_defaults()
    root.handlers[:] = before
    root.setLevel(level)


def lines(settings: LogSettings, name: str) -> list[str]:
    """What a log file holds."""
    return (settings.folder / name).read_text().splitlines()


def test_a_job_s_event_goes_to_both_logs_with_its_id_in_front(
    settings: LogSettings, capsys: pytest.CaptureFixture[str]
) -> None:
    """`grep ID jobs.log` gives the job's story; the main log has it too, and so has stderr."""
    configure_logging(settings)
    log = structlog.get_logger("jobs")
    log.info("server started")
    log.bind(job_id="FL-0123456789ab").info("flush started", table="app.t", rows=5)
    assert len(lines(settings, "siltdb.log")) == 2
    (line,) = lines(settings, "jobs.log")
    assert "[FL-0123456789ab] flush started" in line
    assert "table=app.t" in line
    assert "rows=5" in line
    assert "[FL-0123456789ab] flush started" in capsys.readouterr().err


def test_json_lines_are_objects(settings: LogSettings) -> None:
    """Each line parses, with level, time, event and the fields; a traceback is in it, whole."""
    configure_logging(LogSettings("info", "json", settings.folder, 1 << 20, 2))
    try:
        raise ValueError("broken")
    except ValueError:
        structlog.get_logger("x").exception("it failed", job_id="CL-1")
    event = json.loads(lines(settings, "jobs.log")[0])
    assert event["event"] == "[CL-1] it failed"
    assert event["level"] == "error"
    assert event["timestamp"].endswith("Z")
    assert event["exception"][0]["exc_value"] == "broken"


def test_the_standard_library_s_events_are_logged_alike(settings: LogSettings) -> None:
    """asyncio and others log through the standard library."""
    configure_logging(settings)
    logging.getLogger("asyncio").warning("Executing %s took long", "x")
    (line,) = lines(settings, "siltdb.log")
    assert "Executing x took long" in line
    assert lines(settings, "jobs.log") == []


def test_the_level_holds(settings: LogSettings) -> None:
    """What is less severe than the level is not written."""
    configure_logging(settings)
    structlog.get_logger("x").debug("too fine")
    assert lines(settings, "siltdb.log") == []


@pytest.mark.parametrize("style", ["console", "json"])
def test_secrets_are_masked(settings: LogSettings, style: Literal["console", "json"]) -> None:
    """Values under the name of a secret, passwords in statements, and local variables in tracebacks are not written."""
    configure_logging(LogSettings("info", style, settings.folder, 1 << 20, 2))
    log = structlog.get_logger("x")
    log.info("login", user="ann", password="hunter2", verifier="SCRAM-SHA-256$hunter2")
    log.info("statement", statement="CREATE ROLE ann LOGIN PASSWORD 'hunter2''s' SUPERUSER")
    log.info("statement", statement="alter role ann password E'hunter2")
    logging.getLogger("lib").info("ALTER ROLE ann PASSWORD 'hunter2'")
    try:
        local = "hunter" + str(2)
        raise ValueError("wrong " + local[:0])
    except ValueError:
        log.exception("failed")
    text = (settings.folder / "siltdb.log").read_text()
    assert "hunter2" not in text
    assert text.count(MASK) == 5
    assert "SUPERUSER" in text


def test_an_event_is_formatted_once_for_all_logs(settings: LogSettings) -> None:
    """stderr and both files get the same text of it: making it takes longer than writing it."""
    configure_logging(settings)
    formatted = []

    class Told:
        def __repr__(self) -> str:
            formatted.append(self)
            return "told"

    structlog.get_logger("test").warning("once", job_id="FL-0123456789ab", what=Told())
    assert [(settings.folder / name).read_text().count("told") for name in ("siltdb.log", "jobs.log")] == [1, 1]
    assert len(formatted) == 1


def test_a_full_log_file_is_set_aside(settings: LogSettings) -> None:
    """Files rotate by size, and only `file_count` old ones are kept."""
    configure_logging(LogSettings("info", "console", settings.folder, 1000, 2))
    for number in range(100):
        structlog.get_logger("x").info("an event of some length", number=number)
    assert sorted(path.name for path in settings.folder.glob("siltdb.log*")) == [
        "siltdb.log",
        "siltdb.log.1",
        "siltdb.log.2",
    ]
    assert all(path.stat().st_size <= 1000 for path in settings.folder.glob("siltdb.log*"))
