"""idle_in_transaction_session_timeout: how long a client may keep a transaction open without asking for anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sql.settings import milliseconds_of

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from sql.session import Session
    from sql.settings import Values


class IdleTimer:
    """Runs while it is the client's turn in a transaction block. `expire` ends the connection."""

    def __init__(self, session: Session, loop: asyncio.AbstractEventLoop, expire: Callable[[], None]) -> None:
        self._session = session
        self._loop = loop
        self._expire = expire
        self._timer: asyncio.TimerHandle | None = None
        self._settings: Values | None = None
        """Those that were read last."""
        self._timeout_ms = 0

    def start(self) -> None:
        """It is the client's turn."""
        if self._timer is None and self._session.transaction_status != "I":
            settings = self._session.settings.values
            if settings is not self._settings:
                self._settings = settings
                self._timeout_ms = milliseconds_of(settings.get("idle_in_transaction_session_timeout"))
            if self._timeout_ms:
                self._timer = self._loop.call_later(self._timeout_ms / 1000, self._expire)

    def restart(self) -> None:
        """The client has asked for something and got its answer."""
        if self._timer is not None:
            self.stop()
        if self._session.block.status != "I":
            self.start()

    def stop(self) -> None:
        """The client has asked for something, or has gone."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
