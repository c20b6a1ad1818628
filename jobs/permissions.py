"""Who may see and who may control a job, or a schedule of jobs."""

from __future__ import annotations

from typing import Final, Protocol

from msgspec import Struct

JOB_OPERATOR: Final = "job_operator"
"""The role whose members control every job."""
JOB_VIEWER: Final = "job_viewer"
"""The role whose members see every job."""


class Owned(Protocol):
    """A job's record."""

    @property
    def owner(self) -> str:
        """The name of the role that it belongs to."""

    @property
    def created_at(self) -> int:
        """When it was made, in microseconds since the epoch."""


class Actor(Struct, frozen=True):
    """Who asks: a role's name, whether it is a superuser, the roles that it is a member of, and when it was made."""

    name: str
    superuser: bool = False
    member_of: frozenset[str] = frozenset()
    since_us: int = 0
    """When the role was made, in microseconds since the epoch: older jobs are of a dropped role of its name."""

    def owns_job(self, owned: Owned) -> bool:
        """Whether a job is its own."""
        return self.name == owned.owner and owned.created_at >= self.since_us


SYSTEM: Final = Actor("system", superuser=True)
"""The server itself."""


def may_control(owned: Owned, actor: Actor) -> bool:
    """Whether `actor` may kill, pause, resume and retry the job."""
    return actor.superuser or actor.owns_job(owned) or JOB_OPERATOR in actor.member_of


def sees_all(actor: Actor) -> bool:
    """Whether every job exists as far as `actor` is told."""
    return actor.superuser or not actor.member_of.isdisjoint((JOB_OPERATOR, JOB_VIEWER))


def may_see(owned: Owned, actor: Actor) -> bool:
    """Whether the job exists at all as far as `actor` is told."""
    return sees_all(actor) or actor.owns_job(owned)
