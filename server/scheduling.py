"""The server's schedules, as the configuration says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from jobs.record import JobType
from jobs.schedules.errors import InvalidSchedule
from jobs.schedules.memory_pressure import NAME as HOT_MEMORY
from jobs.schedules.options import SchedulerOptions, SystemSchedule
from jobs.schedules.timing import Cron, Every
from server.config import ConfigError
from storage.flush_policy import FlushPolicy
from storage.units import UnitError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from server.config import Config

_SHORTEST_EVICTION_S: Final = 0.1


def scheduler_options(config: Config) -> SchedulerOptions:
    """Raises `ConfigError` for what is no cron expression, time zone or flush policy, naming the key."""
    return SchedulerOptions(
        catch_up_s=config.schedules.catch_up,
        flush_policy=_flush_policy(config),
        flush_retry_s=config.flush.check_interval,
        system=tuple(_system_schedules(config)),
    )


def _system_schedules(config: Config) -> Iterator[SystemSchedule]:
    interval_s = config.stream.eviction_interval
    if interval_s < _SHORTEST_EVICTION_S:
        raise ConfigError(f"stream.eviction_interval = {interval_s:g} s: it must be 100ms or longer")
    yield SystemSchedule(
        name="stream-eviction",
        timing=Every(round(interval_s * 1e6)),
        job_type=JobType.STREAM_EVICTION,
        setting="stream.eviction_interval",
    )
    yield SystemSchedule(
        name=HOT_MEMORY,
        timing=None,
        job_type=JobType.FLUSH,
        statement="FLUSH ALL TABLES",
        setting="hot.memory_limit",
    )
    for name, setting, cron, job_type, statement in (
        ("user-cleanup", "users.cleanup_cron", config.users.cleanup_cron, JobType.USER_CLEANUP, None),
        ("job-cleanup", "jobs.cleanup_cron", config.jobs.cleanup_cron, JobType.JOB_CLEANUP, None),
        ("compaction", "compaction.cron", config.compaction.cron, JobType.COMPACTION, "VACUUM"),
        ("deleted-row-retention", "retention.cron", config.retention.cron, JobType.RETENTION, None),
    ):
        if cron:
            timing = _cron(setting, cron, config.schedules.timezone)
            yield SystemSchedule(name=name, timing=timing, job_type=job_type, statement=statement, setting=setting)


def _cron(setting: str, text: str, timezone: str) -> Cron:
    try:
        return Cron.parse(text, timezone)
    except InvalidSchedule as error:
        raise ConfigError(
            f"{setting} = '{text}', in the time zone schedules.timezone = '{timezone}': {error}"
        ) from None


def _flush_policy(config: Config) -> FlushPolicy:
    text = config.flush.default_policy
    try:
        return FlushPolicy.parse(text)
    except UnitError as error:
        raise ConfigError(f"flush.default_policy = '{text}': {error}") from None
