"""The server's life: build everything, serve, stop. The only place where the layers are wired together."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
import ssl
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import structlog
import uvloop
from msgspec.structs import replace

from jobs.asyncio_manager import AsyncioJobManager
from jobs.backup import BackupBody
from jobs.cleanup import CleanupBody
from jobs.compaction import CompactionBody
from jobs.expiry import Retention
from jobs.flush import FlushBody
from jobs.job_cleanup import JobCleanupBody
from jobs.options import JobOptions
from jobs.restore import RestoreBody
from jobs.retention import RetentionBody
from jobs.schedules.scheduler import Scheduler
from jobs.stream_eviction import StreamEvictionBody
from jobs.user_cleanup import UserCleanupBody
from server.announce import announce
from server.authentication import AuthenticationRules
from server.config import ConfigError
from server.errors import sqlstate_of
from server.interpreter_sharing import share_interpreter
from server.listener import Listener, ListenerOptions
from server.logging import LogSettings, close_logging, configure_logging
from server.machine import open_many_files
from server.protocol.scram import make_verifier
from server.restoring import RestoringServer
from server.scheduling import scheduler_options
from server.tls import TlsSettings
from server.watchdog import Watchdog
from sql.database import Database
from sql.engine import Engine
from sql.hot_tier_options import HotTierOptions
from sql.relations import Relations
from sql.relations.functions import CATALOG_MACROS
from sql.schedule_rights import refused_now
from sql.shared import Shared
from sql.waiting import wait_for_commit
from storage.backup import remove_unfinished
from storage.compaction_policy import CompactionPolicy
from storage.engine import Storage, StorageOptions
from storage.faults import FaultPoints
from storage.file_tree import make_folder
from storage.segment_verifier import SegmentVerifier

if TYPE_CHECKING:
    from jobs.body import JobBody
    from server.config import Config
    from storage.errors import WriteFailed
    from storage.segment import Segment

ADMIN: Final = "admin"
GC_THRESHOLDS: Final = (10_000, 1, 300)
"""When the collector looks for cycles: among so many new objects, which takes a millisecond or two; among what survived
more than so many of these rounds, twice as long; and, so many of those later, among all that there is, which takes
tenths of a second with a million objects. A statement makes some hundred, in no cycle."""
LOADED_BYTES_MIN: Final = 4 << 20
LOADED_BYTES_MAX: Final = 64 << 20
"""Of a segment that a bulk load writes."""
STATEMENT_GRACE_S: Final = 5.0
"""How long statements that run when the server is told to stop may go on."""

log = structlog.get_logger()


def serve(config: Config) -> int:
    """Run the server until SIGTERM or SIGINT. Returns the exit code.

    Raises `ConfigError`, `DataFolderInUse`, `DataFolderVersion` and `OSError` for what keeps it from starting.
    """
    make_folder(config.storage.data_dir)
    configure_logging(LogSettings.of(config))
    share_interpreter()
    open_many_files()
    # What was imported stays: the collector need not look at it, not even once.
    gc.freeze()
    try:
        return uvloop.run(_serve(config))
    finally:
        close_logging()


async def _serve(config: Config) -> int:
    stopping = asyncio.Event()
    _install_signals(stopping)
    async with Server(config) as server:
        host, port = server.address
        # What is there now stays: the collector need not look at it again, and looks at the rest less often.
        gc.collect()
        gc.freeze()
        gc.set_threshold(*GC_THRESHOLDS)
        gc.enable()
        announce(host, port, config.server.unix_socket_dir)
        await stopping.wait()
    # At exit everything is looked at once more: what DuckDB's binding finds still alive then it complains about.
    gc.unfreeze()
    return 0


def _install_signals(stopping: asyncio.Event) -> None:
    def on_signal(number: signal.Signals) -> None:
        if stopping.is_set():
            # A second signal: stop at once. What was acknowledged is durable.
            log.warning("stopping at once", signal=number.name)
            os._exit(1)
        log.info("stopping", signal=number.name)
        stopping.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, on_signal, number)


class Server:
    """A running server, as an async context manager: entering starts it, leaving stops it gracefully."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._exits = contextlib.AsyncExitStack()
        self.address: tuple[str, int] = ("", 0)

    async def __aenter__(self) -> Server:
        try:
            await self._start()
        except BaseException:
            await self._exits.aclose()
            raise
        return self

    async def __aexit__(self, *_exception: object) -> None:
        await self._exits.aclose()
        log.info("stopped")

    async def _start(self) -> None:
        config = self._config
        schedule_options = scheduler_options(config)
        loop = asyncio.get_running_loop()
        storage = Storage.open(config.storage.data_dir, _storage_options(config), loop.call_soon_threadsafe)
        self._exits.callback(storage.close)
        if storage.damage is not None:
            log.warning(
                "the write-ahead log ends in damage; what was written behind that is lost: after a loss of power only "
                "what was never acknowledged, otherwise perhaps more",
                damage=storage.damage,
            )
        await _set_admin_password(config, storage)

        engine = _engine(config)
        self._exits.callback(engine.close)

        await asyncio.to_thread(remove_unfinished, config.backup_folder)
        restoring = RestoringServer()
        bodies = _bodies(config, storage, restoring)
        jobs = AsyncioJobManager(storage, bodies, _job_options(config), sqlstate_of=sqlstate_of)
        schedules = Scheduler(storage, jobs, bodies, schedule_options, refusal=partial(refused_now, storage))
        restoring.connect(jobs, schedules)
        await jobs.start()
        self._exits.push_async_callback(jobs.stop, config.shutdown.flush_timeout)
        await schedules.start()
        self._exits.push_async_callback(schedules.stop)

        hot_tier = _hot_tier_options(config)
        shared = Shared(storage, jobs, schedules, engine, Relations(), make_verifier, _copy_folder(config), hot_tier)
        database = Database(shared, synchronous_commit=config.commit.synchronous)
        listener = Listener(database, _listener_options(config))
        await listener.start()
        self._exits.push_async_callback(listener.stop, STATEMENT_GRACE_S)
        self._exits.push_async_callback(Watchdog().stop)
        self.address = listener.address
        log.info("ready", host=self.address[0], port=self.address[1], data_dir=str(config.storage.data_dir))


def _copy_folder(config: Config) -> Path | None:
    return Path(config.copy.folder).resolve() if config.copy.folder else None


def _bodies(config: Config, storage: Storage, restoring: RestoringServer) -> tuple[JobBody[Any], ...]:
    policy = CompactionPolicy(config.compaction.min_segments, config.compaction.dead_fraction)
    return (
        FlushBody(storage),
        CleanupBody(storage),
        CompactionBody(storage, policy),
        RetentionBody(storage, config.retention.deleted_rows),
        StreamEvictionBody(storage),
        UserCleanupBody(storage, config.users.deleted_retention),
        JobCleanupBody(storage, Retention(config.jobs.retention, config.jobs.failed_retention)),
        BackupBody(storage, config.backup_folder),
        RestoreBody(storage, config.backup_folder, restoring),
    )


def _storage_options(config: Config) -> StorageOptions:
    return StorageOptions(
        block_cache_bytes=config.storage.block_cache,
        cold_cache_bytes=config.storage.cold_row_cache,
        drop_retention_s=config.storage.drop_retention,
        hot_memory_limit_bytes=config.hot_memory_limit,
        disk_reserve_bytes=config.storage.disk_reserve,
        faults=FaultPoints.from_environment(),
        verifier=SegmentVerifier(config.storage.verify_segments, _report_damage),
        on_write_failure=_report_write_failure,
        on_unremoved_file=_report_unremoved_file,
    )


def _report_damage(segment: Segment, fault: str) -> None:
    log.error("a segment is damaged: what needs it fails from now on", path=str(segment.path), error=fault)


def _report_write_failure(error: WriteFailed) -> None:
    log.error("the server refuses writes from now on, and reads on", error=str(error), hint=error.hint)


def _report_unremoved_file(path: Path, error: OSError) -> None:
    log.error(
        "a file that no table has any more cannot be removed: the next start tries again",
        path=str(path),
        error=str(error),
    )


def _hot_tier_options(config: Config) -> HotTierOptions:
    return HotTierOptions(
        wait_timeout_s=config.hot.wait_timeout,
        bulk_load_bytes=config.bulk_load_bytes,
        segment_bytes=min(max(config.hot_memory_limit // 8, LOADED_BYTES_MIN), LOADED_BYTES_MAX),
    )


def _engine(config: Config) -> Engine:
    data_dir = config.storage.data_dir.resolve()
    return Engine(
        cold_folder=data_dir / "cold",
        temp_folder=data_dir / "tmp",
        memory_limit_bytes=config.engine.memory_limit,
        temp_limit_bytes=config.engine.temp_size_limit,
        threads=config.engine_threads,
        workers=config.engine.workers,
        macros=CATALOG_MACROS,
    )


def _job_options(config: Config) -> JobOptions:
    return JobOptions(
        max_concurrent=config.jobs.max_concurrent,
        max_active=config.jobs.max_active,
        max_retries=config.jobs.max_retries,
        retry_backoff_ms=config.jobs.retry_backoff_ms,
        recovery=config.jobs.recovery,
    )


def _listener_options(config: Config) -> ListenerOptions:
    server = config.server
    return ListenerOptions(
        host=server.host,
        port=server.port,
        unix_socket_dir=Path(server.unix_socket_dir) if server.unix_socket_dir else None,
        max_connections=server.max_connections,
        reserved_connections=server.reserved_connections,
        authentication_timeout_s=server.authentication_timeout,
        max_message_bytes=server.max_message_bytes,
        tls=_tls(config),
        authentication=AuthenticationRules(local=config.auth.method),
    )


def _tls(config: Config) -> TlsSettings | None:
    certificate, key = config.server.tls_cert, config.server.tls_key
    if not certificate:
        return None
    try:
        return TlsSettings.load(Path(certificate), Path(key))
    except (ssl.SSLError, ValueError) as error:
        raise ConfigError(f"server.tls_cert = '{certificate}' or server.tls_key = '{key}': {error}") from None


async def _set_admin_password(config: Config, storage: Storage) -> None:
    """Give the superuser the configured password if it has none yet. Only its verifier is kept."""
    if not config.auth.admin_password_file:
        return
    role = storage.catalog.role(ADMIN)
    if role is None or role.verifier is not None:
        return
    text = await asyncio.to_thread(Path(config.auth.admin_password_file).read_text)
    password = text.split("\n", 1)[0]
    if not password:
        raise ConfigError(f"auth.admin_password_file = '{config.auth.admin_password_file}': its first line is empty")
    changed = replace(role, verifier=make_verifier(password))
    transaction = storage.begin()
    transaction.change_catalog(lambda catalog: catalog.with_role(changed))
    await wait_for_commit(storage.commit(transaction))
