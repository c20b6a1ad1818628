"""The configuration of the server's schedules."""

from __future__ import annotations

import pytest

from server.config import Config, ConfigError, FlushSection, SchedulesSection, Seconds, StreamSection, UsersSection
from server.scheduling import scheduler_options
from storage.flush_policy import FlushPolicy


def test_the_defaults() -> None:
    """Every periodic thing of the server has a schedule, and tables have a flush policy."""
    options = scheduler_options(Config())
    assert {schedule.name: schedule.timing and schedule.timing.text for schedule in options.system} == {
        "hot-memory": None,
        "stream-eviction": "@every 10s",
        "user-cleanup": "0 2 * * *",
        "job-cleanup": "30 2 * * *",
        "compaction": "*/15 * * * *",
        "deleted-row-retention": "0 3 * * *",
    }
    assert options.flush_policy == FlushPolicy.parse("rows:1000000,interval:1h,bytes:256MB")
    assert (options.catch_up_s, options.flush_retry_s) == (86_400, 10)


def test_what_is_turned_off_is_not_there() -> None:
    """An empty expression is no schedule, and `none` no policy."""
    config = Config(users=UsersSection(cleanup_cron=""), flush=FlushSection(default_policy="none"))
    options = scheduler_options(config)
    assert "user-cleanup" not in [schedule.name for schedule in options.system]
    assert not options.flush_policy


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (Config(users=UsersSection(cleanup_cron="daily")), "users.cleanup_cron = 'daily', .*invalid cron expression"),
        (Config(schedules=SchedulesSection(timezone="Mars")), "schedules.timezone = 'Mars': time zone \"Mars\" not"),
        (Config(flush=FlushSection(default_policy="often")), "flush.default_policy = 'often': 'often' is not a flush"),
        (Config(stream=StreamSection(eviction_interval=Seconds(0))), "stream.eviction_interval = 0 s: it must be"),
    ],
)
def test_what_makes_no_sense_keeps_the_server_from_starting(config: Config, message: str) -> None:
    """The key is named."""
    with pytest.raises(ConfigError, match=message):
        scheduler_options(config)
