"""The configuration, as values. `config.toml` in the root of the source tree tells what each key means.

A section of the file is a struct, a key is a field: `config.jobs.max_concurrent`. Durations are `Seconds` and sizes
are `Bytes` here, and texts with a unit in the file (`300s`, `64MB`). `server.config_loader` makes these out of the
file, the environment and the command line.
"""

from __future__ import annotations

import ipaddress
import os
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from server.machine import usable_memory_bytes


class ConfigError(Exception):
    """The server cannot start with this configuration. The message is one line that names the key."""


class Seconds(float):
    """A duration; in the file a text with a unit: `'300s'`."""

    __slots__ = ()


class Bytes(int):
    """A size; in the file a text with a unit: `'64MB'`."""

    __slots__ = ()


SMALLEST_HOT_MEMORY = 1 << 20
"""Less would not hold the rows of one statement."""

Count = Annotated[int, msgspec.Meta(ge=1)]
CountOrZero = Annotated[int, msgspec.Meta(ge=0)]
Port = Annotated[int, msgspec.Meta(ge=0, le=65535)]


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the file."""


class ServerSection(Section, frozen=True, kw_only=True):
    """`[server]`: where clients connect, and how many."""

    host: str = "127.0.0.1"
    port: Port = 5433
    unix_socket_dir: str = ""
    max_connections: Count = 100
    reserved_connections: CountOrZero = 3
    authentication_timeout: Seconds = Seconds(60)
    tls_cert: str = ""
    tls_key: str = ""
    max_message_bytes: Annotated[int, msgspec.Meta(ge=64 << 10, le=(1 << 30) - 1)] = 256 << 20


class AuthSection(Section, frozen=True, kw_only=True):
    """`[auth]`: how clients prove who they are."""

    method: Literal["trust", "scram-sha-256"] = "trust"
    admin_password_file: str = ""


class StorageSection(Section, frozen=True, kw_only=True):
    """`[storage]`: where the data is, what of it is held in memory and verified, and how long dropped tables stay."""

    data_dir: Path = Path("./data")
    block_cache: Bytes = Bytes(64 << 20)
    cold_row_cache: Bytes = Bytes(64 << 20)
    drop_retention: Seconds = Seconds(600)
    disk_reserve: Bytes = Bytes(64 << 20)
    verify_segments: bool = True


class BackupSection(Section, frozen=True, kw_only=True):
    """`[backup]`: where backups are."""

    folder: str = ""


class CopySection(Section, frozen=True, kw_only=True):
    """`[copy]`: which files of the server COPY may read and write."""

    folder: str = ""


class EngineSection(Section, frozen=True, kw_only=True):
    """`[engine]`: what queries may use."""

    memory_limit: Bytes = Bytes(2 << 30)
    temp_size_limit: Bytes = Bytes(20 << 30)
    threads: CountOrZero = 0
    workers: Count = 8


class CommitSection(Section, frozen=True, kw_only=True):
    """`[commit]`: what a session starts with."""

    synchronous: bool = True


class JobsSection(Section, frozen=True, kw_only=True):
    """`[jobs]`: how jobs run."""

    max_concurrent: Count = 4
    max_active: Count = 100_000
    max_retries: CountOrZero = 3
    retry_backoff_ms: Count = 100
    recovery: Literal["resume", "fail"] = "resume"
    cleanup_cron: str = "30 2 * * *"
    retention: Seconds = Seconds(14 * 86_400)
    failed_retention: Seconds = Seconds(30 * 86_400)


class SchedulesSection(Section, frozen=True, kw_only=True):
    """`[schedules]`: how schedules fire."""

    catch_up: Seconds = Seconds(86_400)
    timezone: str = "UTC"


class HotSection(Section, frozen=True, kw_only=True):
    """`[hot]`: how much of the hot tier there may be."""

    memory_limit: Bytes = Bytes(0)
    wait_timeout: Seconds = Seconds(30)
    bulk_load_size: Bytes = Bytes(0)


class FlushSection(Section, frozen=True, kw_only=True):
    """`[flush]`: when tables are flushed by themselves."""

    default_policy: str = "rows:1000000,interval:1h,bytes:256MB"
    check_interval: Seconds = Seconds(10)


class StreamSection(Section, frozen=True, kw_only=True):
    """`[stream]`: how rows of streams leave."""

    eviction_interval: Seconds = Seconds(10)


class CompactionSection(Section, frozen=True, kw_only=True):
    """`[compaction]`: when small segments are merged, and which."""

    cron: str = "*/15 * * * *"
    min_segments: Annotated[int, msgspec.Meta(ge=2, le=100)] = 4
    dead_fraction: Annotated[float, msgspec.Meta(gt=0, le=1)] = 0.2


class RetentionSection(Section, frozen=True, kw_only=True):
    """`[retention]`: when deleted rows leave the disk."""

    cron: str = "0 3 * * *"
    deleted_rows: Seconds = Seconds(7 * 86_400)


class UsersSection(Section, frozen=True, kw_only=True):
    """`[users]`: what becomes of the rows of dropped users."""

    cleanup_cron: str = "0 2 * * *"
    deleted_retention: Seconds = Seconds(30 * 86_400)


class ShutdownSection(Section, frozen=True, kw_only=True):
    """`[shutdown]`: how the server ends."""

    flush_timeout: Seconds = Seconds(300)


class LogSection(Section, frozen=True, kw_only=True):
    """`[log]`: what is told, and where."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["console", "json"] = "console"
    folder: str = ""
    file_size: Bytes = Bytes(64 << 20)
    file_count: Count = 5


class Config(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole configuration. `Config()` is the default one."""

    server: ServerSection = ServerSection()
    auth: AuthSection = AuthSection()
    storage: StorageSection = StorageSection()
    backup: BackupSection = BackupSection()
    copy: CopySection = CopySection()
    engine: EngineSection = EngineSection()
    commit: CommitSection = CommitSection()
    jobs: JobsSection = JobsSection()
    schedules: SchedulesSection = SchedulesSection()
    hot: HotSection = HotSection()
    flush: FlushSection = FlushSection()
    stream: StreamSection = StreamSection()
    compaction: CompactionSection = CompactionSection()
    retention: RetentionSection = RetentionSection()
    users: UsersSection = UsersSection()
    shutdown: ShutdownSection = ShutdownSection()
    log: LogSection = LogSection()

    @property
    def log_folder(self) -> Path:
        """Where the log files are: `log.folder`, or `logs` in the data folder."""
        return Path(self.log.folder) if self.log.folder else self.storage.data_dir / "logs"

    @property
    def backup_folder(self) -> Path:
        """Where backups are: `backup.folder`, or `backups` in the data folder."""
        return Path(self.backup.folder) if self.backup.folder else self.storage.data_dir / "backups"

    @property
    def engine_threads(self) -> int:
        """`engine.threads`, with 0 turned into the number of processors that this process may use."""
        return self.engine.threads or len(os.sched_getaffinity(0))

    @property
    def hot_memory_limit(self) -> int:
        """`hot.memory_limit` in bytes, with 0 turned into a quarter of the memory that this process may use."""
        return self.hot.memory_limit or usable_memory_bytes() // 4

    @property
    def bulk_load_bytes(self) -> int:
        """`hot.bulk_load_size`, with 0 turned into a quarter of the hot memory, of which it is at most half."""
        limit_bytes = self.hot_memory_limit
        return min(self.hot.bulk_load_size or limit_bytes // 4, limit_bytes // 2)

    def check(self) -> None:
        """Raise `ConfigError` where keys contradict each other."""
        if self.auth.method == "trust" and not is_loopback(self.server.host):
            raise ConfigError(
                f"auth.method = 'trust' lets anyone in and is allowed on a loopback address only, but server.host = "
                f"'{self.server.host}': set auth.method = 'scram-sha-256' or server.host = '127.0.0.1'"
            )
        if bool(self.server.tls_cert) != bool(self.server.tls_key):
            given, missing = ("tls_cert", "tls_key") if self.server.tls_cert else ("tls_key", "tls_cert")
            raise ConfigError(f"server.{missing} is not set, but server.{given} is: TLS needs both")
        for key, path in (
            ("server.tls_cert", self.server.tls_cert),
            ("server.tls_key", self.server.tls_key),
            ("auth.admin_password_file", self.auth.admin_password_file),
        ):
            if path and not Path(path).is_file():
                raise ConfigError(f"{key} = '{path}': there is no such file")
        if 0 < self.hot.memory_limit < SMALLEST_HOT_MEMORY:
            raise ConfigError(
                f"hot.memory_limit = {self.hot.memory_limit} bytes: it must be {SMALLEST_HOT_MEMORY >> 20}MB or more, "
                "or '0' for a quarter of the memory of the machine"
            )
        if self.server.reserved_connections >= self.server.max_connections:
            raise ConfigError(
                f"server.reserved_connections = {self.server.reserved_connections} must be less than "
                f"server.max_connections = {self.server.max_connections}"
            )


def is_loopback(host: str) -> bool:
    """Whether only this machine can connect to `host`."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
