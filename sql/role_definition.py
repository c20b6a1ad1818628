"""CREATE, ALTER and DROP ROLE, GRANT and REVOKE of memberships: changes of the catalog's roles.

As in PostgreSQL superusers may do all of it, and roles with CREATEROLE may too, as far as no superuser is concerned.
What the built-in roles allow is a superuser's to give: CREATEROLE leads to none of it, not through other roles either.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from msgspec.structs import replace

from jobs.permissions import SYSTEM
from jobs.record import JobStatus
from jobs.request import FirstJobs, JobFilter
from sql import errors, role_syntax
from sql.clock import now_us
from sql.result import Command
from sql.role_dependencies import what_depends_on
from storage.catalog import BUILT_IN_ROLES, FIRST_OID, Catalog
from storage.catalog_entries import Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sql.role_syntax import RoleName, RoleOptions, RoleStatement
    from sql.session_state import SessionState

RESERVED_NAMES = ("public", "none")
_ACTIVE = frozenset(status for status in JobStatus if not status.is_terminal)
_JOBS_NAMED = 5
"""Jobs of a role that an error names; it may have thousands."""
_JOBS_HINT = (
    "WAIT JOB waits for the end of a job, KILL JOB ends it. "
    "RETRY JOB has the cleanup of a dropped table done at once, after which it cannot be brought back."
)


def run_role_statement(statement: RoleStatement, session: SessionState) -> Command:
    """Run a statement about roles in the session's transaction."""
    match statement:
        case role_syntax.CreateRole():
            return _create(statement, session)
        case role_syntax.AlterRole():
            return _alter(statement, session)
        case role_syntax.DropRole():
            return _drop(statement, session)
        case role_syntax.GrantRole(roles, members):
            for role in roles:
                _grant(role, [resolved(member, session) for member in members], session)
            return Command("GRANT ROLE")
        case role_syntax.RevokeRole(roles, members):
            for role in roles:
                _revoke(role, [resolved(member, session) for member in members], session)
            return Command("REVOKE ROLE")


def _create(statement: role_syntax.CreateRole, session: SessionState) -> Command:
    name, options = statement.name, statement.options
    if options.superuser and not session.role.superuser:
        raise errors.InsufficientPrivilege("must be superuser to create superusers")
    if not session.role.creates_roles:
        raise errors.InsufficientPrivilege("permission denied to create role")
    if name.startswith("pg_"):
        raise errors.ReservedName(
            f'role name "{name}" is reserved', detail='Role names starting with "pg_" are reserved.'
        )
    if name in RESERVED_NAMES or name == SYSTEM.name:
        raise errors.ReservedName(f'role name "{name}" is reserved')
    if session.catalog.role(name) is not None:
        raise errors.DuplicateObject(f'role "{name}" already exists')
    left_behind = list(_jobs_named(name, session))
    if left_behind:
        # A restore has dropped the role, or it asked for jobs while it was being dropped.
        raise errors.ObjectInUse(
            f'a dropped role "{name}" has jobs that have not ended',
            detail="\n".join(f"owner of {what}" for what in left_behind),
            hint=_JOBS_HINT,
        )
    transaction = session.block.for_writing("CREATE ROLE")
    role = Role(transaction.new_oid(), name, login=statement.is_user, created_at=_since_us(name, session))
    role = _with_options(role, options, session)
    transaction.change_catalog(lambda catalog: catalog.with_role(role))
    for granted in statement.granted:
        _grant(granted, [role], session)
    if statement.members:
        _grant(name, [_named(session.catalog, member) for member in statement.members], session)
    return Command("CREATE ROLE")


def _since_us(name: str, session: SessionState) -> int:
    """Now, or a moment behind the last job of a dropped role of that name, whatever the clock has done since."""
    view, last = session.shared.jobs.view(), FirstJobs(1, by_created=True, descending=True)
    jobs = view.columns(JobFilter(owner=name), frozenset({"created_at"}), last)
    newest = max((created_at for batch in jobs for created_at in batch["created_at"]), default=0)
    return max(now_us(), newest + 1)


def _alter(statement: role_syntax.AlterRole, session: SessionState) -> Command:
    role, options = resolved(statement.role, session), statement.options
    if _is_built_in(role):
        raise errors.InsufficientPrivilege(f'role "{role.name}" is built in and cannot be altered')
    if not session.role.superuser:
        if role.superuser or options.superuser is not None:
            raise errors.InsufficientPrivilege(
                "must be superuser to alter superuser roles or change superuser attribute"
            )
        is_own_password = role.oid == session.role.oid and options.is_password_alone
        if not is_own_password and (not session.role.create_role or _is_powerful(session.catalog, role)):
            raise errors.InsufficientPrivilege("permission denied")
    changed = _with_options(role, options, session)
    session.block.for_writing("ALTER ROLE").change_catalog(lambda catalog: catalog.with_role(changed))
    return Command("ALTER ROLE")


def _with_options(role: Role, options: RoleOptions, session: SessionState) -> Role:
    for option in options.without_effect:
        session.notice(f"role option {option} has no effect")
    verifier = role.verifier
    if options.clear_password:
        verifier = None
    elif options.password is not None:
        verifier = session.shared.make_verifier(options.password)
    return replace(
        role,
        superuser=role.superuser if options.superuser is None else options.superuser,
        login=role.login if options.login is None else options.login,
        create_role=role.create_role if options.create_role is None else options.create_role,
        verifier=verifier,
    )


def _drop(statement: role_syntax.DropRole, session: SessionState) -> Command:
    if not session.role.creates_roles:
        raise errors.InsufficientPrivilege("permission denied to drop role")
    for name in statement.names:
        role = session.catalog.role(name)
        if role is None:
            if not statement.if_exists:
                raise errors.UndefinedObject(f'role "{name}" does not exist')
            session.notice(f'role "{name}" does not exist, skipping')
            continue
        _require_droppable(role, session)
        session.block.for_writing("DROP ROLE").change_catalog(partial(_without, role=role))
    return Command("DROP ROLE")


def _require_droppable(role: Role, session: SessionState) -> None:
    if role.oid == session.role.oid:
        raise errors.ObjectInUse("current user cannot be dropped")
    if role.name in (session.settings.get("session_authorization"), session.roles.login.name):
        raise errors.ObjectInUse("session user cannot be dropped")
    if role.oid < FIRST_OID:
        raise errors.DependentObjectsStillExist(
            f"cannot drop role {role.name} because it is required by the database system"
        )
    if not session.role.superuser and (role.superuser or _is_powerful(session.catalog, role)):
        raise errors.InsufficientPrivilege("must be superuser to drop superusers")
    jobs = list(_jobs_named(role.name, session))
    owned = [
        *what_depends_on(role, session),
        *_owned_schedules(role, session),
        *(f"owner of {what}" for what in jobs),
    ]
    if owned:
        raise errors.DependentObjectsStillExist(
            f'role "{role.name}" cannot be dropped because some objects depend on it',
            detail="\n".join(owned),
            hint=_JOBS_HINT if jobs else None,
        )


def _owned_schedules(role: Role, session: SessionState) -> Iterator[str]:
    for schedule in session.shared.schedules.schedules():
        if schedule.source == "user" and schedule.owner == role.name:
            yield f"owner of schedule {schedule.schedule_name}"


def _jobs_named(owner: str, session: SessionState) -> Iterator[str]:
    """A role's jobs that have not ended, but not too many: a role made anew with its name would control them."""
    active = session.shared.jobs.find_jobs(JobFilter(statuses=_ACTIVE))
    jobs = sorted((job for job in active if job.owner == owner), key=lambda job: job.created_at)
    yield from (f"job {job.job_id} ({job.status})" for job in jobs[:_JOBS_NAMED])
    if len(jobs) > _JOBS_NAMED:
        yield f"{len(jobs) - _JOBS_NAMED} more jobs"


def _without(catalog: Catalog, role: Role) -> Catalog:
    """The catalog without a role, of which nobody is a member any more."""
    for member in catalog.roles.values():
        if role.oid in member.member_of:
            catalog = catalog.with_role(_leaving(member, role))
    return catalog.without_role(role.name)


def _grant(name: str, members: Iterable[Role], session: SessionState) -> None:
    role = _grantable(name, session)
    for member in members:
        if _is_built_in(member):
            raise errors.InsufficientPrivilege(f'role "{member.name}" is built in and cannot be altered')
        catalog = session.catalog
        if member.name in catalog.memberships(role):
            raise errors.InvalidGrantOperation(f'role "{role.name}" is a member of role "{member.name}"')
        current = catalog.roles[member.name]
        if role.oid in current.member_of:
            session.notice(f'role "{member.name}" is already a member of role "{role.name}"')
            continue
        joined = replace(current, member_of=(*current.member_of, role.oid))
        session.block.for_writing("GRANT ROLE").change_catalog(partial(Catalog.with_role, role=joined))


def _revoke(name: str, members: Iterable[Role], session: SessionState) -> None:
    role = _grantable(name, session)
    for member in members:
        current = session.catalog.roles[member.name]
        if role.oid not in current.member_of:
            session.notice(f'role "{member.name}" is not a member of role "{role.name}"', "WARNING", "01000")
            continue
        left = _leaving(current, role)
        session.block.for_writing("REVOKE ROLE").change_catalog(partial(Catalog.with_role, role=left))


def _leaving(member: Role, role: Role) -> Role:
    return replace(member, member_of=tuple(oid for oid in member.member_of if oid != role.oid))


def _grantable(name: str, session: SessionState) -> Role:
    """The role of that name, if the current one may grant and revoke it."""
    role = _named(session.catalog, name)
    if session.role.superuser:
        return role
    if role.superuser:
        raise errors.InsufficientPrivilege("must be superuser to alter superusers")
    if not session.role.create_role:
        raise errors.InsufficientPrivilege(f'must have admin option on role "{name}"')
    if _is_powerful(session.catalog, role):
        raise errors.InsufficientPrivilege(f'must be superuser to grant or revoke role "{name}"')
    return role


def _is_built_in(role: Role) -> bool:
    return any(role.oid == each.oid for each in BUILT_IN_ROLES)


def _is_powerful(catalog: Catalog, role: Role) -> bool:
    """Whether members of a role can do what only a superuser may give: it is, or leads to, such a role."""
    reached = (catalog.roles[name] for name in catalog.memberships(role))
    return any(each.superuser or _is_built_in(each) for each in reached)


def resolved(name: RoleName, session: SessionState) -> Role:
    """The role that a name means in a statement of this session. Raises `UndefinedObject`."""
    match name.special:
        case "current":
            return _named(session.catalog, session.role.name)
        case "session":
            return _named(session.catalog, session.settings.get("session_authorization"))
        case None:
            return _named(session.catalog, name.name)


def _named(catalog: Catalog, name: str) -> Role:
    role = catalog.role(name)
    if role is None:
        raise errors.UndefinedObject(f'role "{name}" does not exist')
    return role
