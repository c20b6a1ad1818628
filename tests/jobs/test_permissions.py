"""Who may see and control a job."""

from __future__ import annotations

import pytest

from jobs.permissions import SYSTEM, Actor, may_control, may_see
from jobs.record import JobRecord, JobType

RECORD = JobRecord(
    job_id="FL-000000000001",
    job_type=JobType.FLUSH,
    owner="alice",
    max_retries=3,
    node_id="n",
    created_at=1,
    updated_at=1,
)


@pytest.mark.parametrize(
    ("actor", "control", "see"),
    [
        (Actor("alice"), True, True),
        (Actor("bob"), False, False),
        (Actor("bob", superuser=True), True, True),
        (Actor("bob", member_of=frozenset({"job_operator"})), True, True),
        (Actor("bob", member_of=frozenset({"job_viewer"})), False, True),
        (Actor("job_operator"), False, False),
        (SYSTEM, True, True),
    ],
)
def test_owners_superusers_operators_and_viewers(actor: Actor, control: bool, see: bool):
    """Owners, superusers and operators control and see; viewers see; a role's bare name gives nothing."""
    assert (may_control(RECORD, actor), may_see(RECORD, actor)) == (control, see)
