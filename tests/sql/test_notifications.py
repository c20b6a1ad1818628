"""Channels, mailboxes and what a transaction does to them, without a server."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.permissions import JOB_VIEWER, Actor
from jobs.record import JobRecord, JobStatus, JobType
from jobs.request import JobTransition
from sql import notifications
from sql.errors import InsufficientPrivilege, InvalidParameterValue
from sql.notifications import JOB_EVENTS, LONGEST_PAYLOAD_BYTES, NotificationHub, SessionNotifications, job_event

ALICE = Actor("alice")


def transition(owner: str = "alice", message: str | None = None) -> JobTransition:
    """A job of alice's has been queued."""
    record = JobRecord(
        job_id="FL-0123456789ab",
        job_type=JobType.FLUSH,
        status=JobStatus.QUEUED,
        namespace="public",
        table_name="t",
        message=message,
        owner=owner,
        max_retries=3,
        node_id="local",
        created_at=1,
        updated_at=1_700_000_000_123_456,
    )
    return JobTransition(JobStatus.NEW, record)


def session(hub: NotificationHub, pid: int = 1, actor: Actor | None = ALICE) -> SessionNotifications:
    """A session that nobody reads but the test."""
    return SessionNotifications(hub, pid, lambda: actor)


def test_nothing_happens_before_the_commit() -> None:
    """A rolled back transaction neither listens nor notifies."""
    hub = NotificationHub()
    one, other = session(hub), session(hub, 2)
    one.listen("c")
    other.notify("c", "x")
    assert (one.channels, one.is_pending, other.is_pending) == ((), True, True)
    one.rollback()
    one.commit()
    other.commit()
    assert one.mailbox.take() == []
    one.listen("c")
    one.commit()
    other.notify("c", "x")
    other.rollback()
    other.commit()
    assert one.mailbox.take() == []


def test_a_transaction_notifies_of_the_same_thing_once() -> None:
    """In the order in which it was first said, with the process id of who said it, to oneself too."""
    hub = NotificationHub()
    one = session(hub, 7)
    for payload in ("a", "b", "a"):
        one.notify("c", payload)
    one.listen("c")
    one.commit()
    assert one.mailbox.take() == [(7, "c", "a"), (7, "c", "b")]
    assert one.mailbox.take() == []


def test_a_session_that_is_gone_hears_nothing() -> None:
    """Nor is it kept."""
    hub = NotificationHub()
    one = session(hub)
    one.listen("c")
    one.commit()
    one.close()
    hub.notify(1, "c", "x")
    assert (one.mailbox.take(), hub._listeners) == ([], {})


@pytest.mark.parametrize(
    ("channel", "payload", "error", "message"),
    [
        ("", "", InvalidParameterValue, "channel name cannot be empty"),
        ("x" * 64, "", InvalidParameterValue, "channel name too long"),
        ("c", "x" * 8_000, InvalidParameterValue, "payload string too long"),
        ("c", "é" * 4_000, InvalidParameterValue, "payload string too long"),
        (JOB_EVENTS, "{}", InsufficientPrivilege, 'channel "job_events" is reserved for the server'),
    ],
)
def test_what_may_not_be_notified(channel: str, payload: str, error: type[Exception], message: str) -> None:
    """PostgreSQL's limits; and nobody but the server speaks of jobs."""
    with pytest.raises(error, match=message):
        session(NotificationHub()).notify(channel, payload)


def test_a_client_that_does_not_read_costs_a_bounded_amount_of_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """At one notification, or one byte, too many nothing is kept any more, and its connection is told to end."""
    monkeypatch.setattr(notifications, "MOST_WAITING", 3)
    monkeypatch.setattr(notifications, "MOST_WAITING_BYTES", 100)
    for payloads in (["x"] * 4, ["x" * 60] * 2):
        hub, told = NotificationHub(), []
        one = session(hub)
        one.mailbox.on_overflow = lambda told=told: told.append("overflow")
        one.listen("c")
        one.commit()
        for payload in [*payloads, "later"]:
            hub.notify(2, "c", payload)
        assert told == ["overflow"]
        assert one.mailbox.take() == []


@pytest.mark.parametrize(
    ("actor", "hears"),
    [
        (ALICE, True),
        (Actor("bob"), False),
        (Actor("bob", member_of=frozenset({JOB_VIEWER})), True),
        (Actor("root", superuser=True), True),
        (None, False),
    ],
)
def test_job_events_go_to_those_who_may_see_the_job(actor: Actor | None, hears: bool) -> None:
    """As they may at that moment; a session whose role has been dropped hears nothing."""
    hub = NotificationHub()
    one = session(hub, actor=actor)
    one.listen(JOB_EVENTS)
    one.commit()
    hub.job_changed(transition())
    assert bool(one.mailbox.take()) is hears


def test_a_job_event_says_what_has_become_of_the_job() -> None:
    """The keys that README promises."""
    assert msgspec.json.decode(job_event(transition(message="m"))) == {
        "job_id": "FL-0123456789ab",
        "job_type": "flush",
        "status": "queued",
        "previous_status": "new",
        "namespace": "public",
        "table_name": "t",
        "message": "m",
        "owner": "alice",
        "at": "2023-11-14T22:13:20.123456+00:00",
    }


@given(st.text(min_size=900, max_size=9_000))
def test_a_job_event_is_never_too_long_for_a_payload(message: str) -> None:
    """Whatever a job has to say."""
    assert len(job_event(transition(message=message)).encode()) <= LONGEST_PAYLOAD_BYTES
