"""LISTEN and NOTIFY: channels, who listens to them, and what waits for whom.

As in PostgreSQL, what a transaction listens to and notifies takes effect when it commits, and what it notifies twice is
delivered once. The channel `job_events` is the server's: it tells of each change of a job's status.
"""

from __future__ import annotations

from collections import deque
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import msgspec

from jobs.permissions import may_see
from sql.errors import InsufficientPrivilege, InvalidParameterValue, ProgramLimitExceeded

if TYPE_CHECKING:
    from collections.abc import Callable

    from jobs.permissions import Actor
    from jobs.request import JobTransition

    Notification = tuple[int, str, str]
    """Process id of who notified, channel, payload."""

JOB_EVENTS: Final = "job_events"
LONGEST_CHANNEL_BYTES: Final = 63
LONGEST_PAYLOAD_BYTES: Final = 7_999
"""As in PostgreSQL."""
MOST_WAITING: Final = 10_000
"""Notifications that wait for a client which is busy or does not read. At one more it is disconnected."""
MOST_WAITING_BYTES: Final = 8 << 20
MOST_NOTIFIED_BYTES: Final = 64 << 20
"""What one transaction may notify; PostgreSQL's queue has 8 GB for all."""
_OVERHEAD_BYTES: Final = 256
SERVER_PID: Final = 0
"""Who notifies of jobs: no backend does."""
_LONGEST_MESSAGE: Final = 1_000
"""Characters of a job's message in an event. As JSON they take six bytes each at most."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def check_channel(channel: str) -> None:
    """Raise `InvalidParameterValue` for what cannot be the name of a channel."""
    if not channel:
        raise InvalidParameterValue("channel name cannot be empty")
    if len(channel.encode()) > LONGEST_CHANNEL_BYTES:
        raise InvalidParameterValue("channel name too long")


class Mailbox:
    """What waits for one client. Its connection says what is to be done when something arrives, or too much has."""

    def __init__(self, actor: Callable[[], Actor | None]) -> None:
        self.actor = actor
        """Who listens, now; `None` for a role that has been dropped."""
        self.on_arrival: Callable[[], None] = _nobody
        self.on_overflow: Callable[[], None] = _nobody
        self._waiting: deque[Notification] = deque()
        self._waiting_bytes = 0
        self._is_closed = False

    def put(self, notification: Notification) -> None:
        """Something was notified."""
        if self._is_closed:
            return
        self._waiting.append(notification)
        self._waiting_bytes += len(notification[1]) + len(notification[2])
        if len(self._waiting) > MOST_WAITING or self._waiting_bytes > MOST_WAITING_BYTES:
            # To leave some out would be worse: who listens relies on hearing of everything.
            self.close()
            self.on_overflow()
        else:
            self.on_arrival()

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits."""
        return not self._waiting

    def take(self) -> list[Notification]:
        """What waits, in order; it no longer does."""
        if not self._waiting:
            return []
        taken = list(self._waiting)
        self._waiting.clear()
        self._waiting_bytes = 0
        return taken

    def close(self) -> None:
        """Nothing more is delivered."""
        self._is_closed = True
        self._waiting.clear()
        self._waiting_bytes = 0


def _nobody() -> None:
    return None


class NotificationHub:
    """Who listens to which channel. Lives on the loop."""

    def __init__(self) -> None:
        self._listeners: dict[str, dict[Mailbox, None]] = {}

    def listen(self, channel: str, mailbox: Mailbox) -> None:
        """Deliver what is notified on a channel from now on."""
        self._listeners.setdefault(channel, {})[mailbox] = None

    def unlisten(self, channel: str, mailbox: Mailbox) -> None:
        """No longer do so."""
        listeners = self._listeners.get(channel)
        if listeners is not None:
            listeners.pop(mailbox, None)
            if not listeners:
                del self._listeners[channel]

    def notify(self, pid: int, channel: str, payload: str) -> None:
        """Deliver to everyone who listens to a channel."""
        for mailbox in tuple(self._listeners.get(channel, ())):
            mailbox.put((pid, channel, payload))

    def job_changed(self, transition: JobTransition) -> None:
        """Tell of a job's new status those who listen and may see the job. It is durable."""
        listeners = tuple(self._listeners.get(JOB_EVENTS, ()))
        if listeners:
            payload = job_event(transition)
            for mailbox in listeners:
                actor = mailbox.actor()
                if actor is not None and may_see(transition.record, actor):
                    mailbox.put((SERVER_PID, JOB_EVENTS, payload))


class _JobEvent(msgspec.Struct, frozen=True):
    """What a listener to `job_events` reads."""

    job_id: str
    job_type: str
    status: str
    previous_status: str | None
    namespace: str | None
    table_name: str | None
    message: str | None
    owner: str
    at: str


def job_event(transition: JobTransition) -> str:
    """The JSON that tells of a transition. A message is cut where it is too long for a payload; the record has it."""
    record = transition.record
    event = _JobEvent(
        record.job_id,
        record.job_type,
        record.status,
        transition.previous_status,
        record.namespace,
        record.table_name,
        None if record.message is None else record.message[:_LONGEST_MESSAGE],
        record.owner,
        (_EPOCH + timedelta(microseconds=record.updated_at)).isoformat(),
    )
    return msgspec.json.encode(event).decode()


class SessionNotifications:
    """What one session listens to, and what its transaction in progress will do when it commits."""

    def __init__(self, hub: NotificationHub, pid: int, actor: Callable[[], Actor | None]) -> None:
        self._hub = hub
        self._pid = pid
        self.mailbox = Mailbox(actor)
        self._channels: dict[str, None] = {}
        self._pending: list[Callable[[], None]] = []
        self._notified: dict[tuple[str, str], None] = {}
        self._notified_bytes = 0

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels that are listened to."""
        return tuple(self._channels)

    @property
    def is_pending(self) -> bool:
        """Whether anything happens when the transaction commits."""
        return bool(self._pending or self._notified)

    def listen(self, channel: str) -> None:
        """LISTEN, from the commit on."""
        check_channel(channel)
        self._pending.append(lambda: self._begin(channel))

    def unlisten(self, channel: str | None) -> None:
        """UNLISTEN, from the commit on; `None` for *."""
        self._pending.append(self.forget_all if channel is None else lambda: self._end(channel))

    def notify(self, channel: str, payload: str) -> None:
        """NOTIFY, at the commit. Raises `InsufficientPrivilege`, `InvalidParameterValue`."""
        check_channel(channel)
        if channel == JOB_EVENTS:
            raise InsufficientPrivilege(
                f'channel "{JOB_EVENTS}" is reserved for the server', hint="LISTEN to it; the server notifies of jobs."
            )
        if len(payload.encode()) > LONGEST_PAYLOAD_BYTES:
            raise InvalidParameterValue("payload string too long")
        size = len(channel) + len(payload) + _OVERHEAD_BYTES
        if self._notified_bytes + size > MOST_NOTIFIED_BYTES:
            raise ProgramLimitExceeded("too many notifications in the NOTIFY queue")
        if (channel, payload) not in self._notified:
            self._notified[channel, payload] = None
            self._notified_bytes += size

    def commit(self) -> None:
        """The transaction is durable: listen, and only then notify, so that one hears of oneself."""
        pending, notified = self._pending, self._notified
        self.rollback()
        for take_effect in pending:
            take_effect()
        for channel, payload in notified:
            self._hub.notify(self._pid, channel, payload)

    def mark(self) -> tuple[int, int]:
        """A place to which `undo_to` goes back."""
        return len(self._pending), len(self._notified)

    def undo_to(self, mark: tuple[int, int]) -> None:
        """What was listened to and notified since a mark never was."""
        pending, notified = mark
        del self._pending[pending:]
        for key in list(self._notified)[notified:]:
            del self._notified[key]
            self._notified_bytes -= len(key[0]) + len(key[1]) + _OVERHEAD_BYTES

    def rollback(self) -> None:
        """The transaction never was."""
        self._pending, self._notified, self._notified_bytes = [], {}, 0

    def forget_all(self) -> None:
        """UNLISTEN *, at once."""
        for channel in self.channels:
            self._end(channel)

    def close(self) -> None:
        """The client has gone."""
        self.rollback()
        self.forget_all()
        self.mailbox.close()

    def _begin(self, channel: str) -> None:
        self._channels[channel] = None
        self._hub.listen(channel, self.mailbox)

    def _end(self, channel: str) -> None:
        self._channels.pop(channel, None)
        self._hub.unlisten(channel, self.mailbox)
