"""The table of transitions, and what it says of every status."""

from __future__ import annotations

from itertools import product

import pytest

from jobs.errors import IllegalTransition
from jobs.record import JobStatus
from jobs.states import TRANSITIONS, check_transition

S = JobStatus

SPECIFIED = {
    (S.NEW, S.QUEUED),
    (S.QUEUED, S.RUNNING),
    *product([S.RUNNING], [S.COMPLETED, S.FAILED, S.SKIPPED]),
    (S.RUNNING, S.RETRYING),
    (S.RETRYING, S.RUNNING),
    *product([S.QUEUED, S.RETRYING, S.PAUSED], [S.CANCELLED]),
    (S.RUNNING, S.CANCELLING),
    *product([S.CANCELLING], [S.CANCELLED, S.COMPLETED]),
    (S.RUNNING, S.PAUSING),
    (S.PAUSING, S.PAUSED),
    (S.PAUSED, S.QUEUED),
}
BEYOND = {
    # A restart of the server puts a running job back.
    (S.RUNNING, S.QUEUED),
    # What does not run is paused at once.
    (S.QUEUED, S.PAUSED),
    (S.RETRYING, S.PAUSED),
    # Work may end, or be killed, before it has stopped for a pause.
    *product([S.PAUSING], [S.COMPLETED, S.FAILED, S.SKIPPED, S.CANCELLING]),
}


@pytest.mark.parametrize(("before", "after"), list(product(S, S)))
def test_the_table_allows_what_is_specified_and_nothing_else(before: JobStatus, after: JobStatus):
    """Every pair of statuses is either among the transitions written down here, or raises."""
    if (before, after) in SPECIFIED | BEYOND:
        check_transition(before, after)
    else:
        with pytest.raises(IllegalTransition, match=f"{before} cannot become {after}"):
            check_transition(before, after)


def test_terminal_states_never_change():
    """Exactly the terminal states have no way out."""
    assert {status for status in S if not TRANSITIONS[status]} == {status for status in S if status.is_terminal}


def test_every_state_can_be_reached():
    """From `new` there is a way to every status."""
    reached, frontier = {S.NEW}, [S.NEW]
    while frontier:
        for status in TRANSITIONS[frontier.pop()] - reached:
            reached.add(status)
            frontier.append(status)
    assert reached == set(S)
