"""GRANT and REVOKE of privileges: changes of the access lists in the catalog, in the session's transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from sql import errors
from sql.access_lists import PUBLIC, access_list, grantable, granted, owner_oid, revoked, stored
from sql.grant_syntax import Grant, Revoke
from sql.privileges import LETTERS, all_privileges, has_any_privilege, kind_of
from sql.relations.context import DATABASE
from sql.resolve import find_relation, is_system_relation
from sql.result import Command
from sql.role_definition import resolved
from storage.catalog import SYSTEM_NAMESPACES
from storage.catalog_entries import Namespace, SequenceGenerator, Table, View

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from sql.access_lists import AccessList
    from sql.grant_syntax import Granted, GrantedKind
    from sql.names import QualifiedName
    from sql.privileges import Protected
    from sql.role_syntax import RoleName
    from sql.session_state import SessionState
    from storage.catalog import Catalog

_KNOWN: Final = frozenset(
    (*(name.lower() for name in LETTERS), "execute", "connect", "temporary", "temp", "set", "alter")
)
_ALLOWED: Final[dict[GrantedKind, str]] = {"table": "arwdDxtU", "sequence": "rwU", "schema": "UC"}
_MASS_KINDS: Final = {"table": (Table, View), "sequence": (SequenceGenerator,)}


def run_grant(statement: Grant | Revoke, session: SessionState) -> Command:
    """GRANT or REVOKE of privileges on objects."""
    command = "GRANT" if isinstance(statement, Grant) else "REVOKE"
    wanted = statement.granted
    if wanted.kind == "database":
        _on_database(wanted, command, session)
        return Command(command)
    letters = _letters(wanted)
    entries = list(_in_schemas(wanted, session) if wanted.in_schemas else _named(wanted, session))
    grantees = [_grantee(each, session) for each in statement.grantees]
    for entry in entries:
        change = _change(statement, grantees)
        _apply(entry, letters, change, command, session)
    return Command(command)


def change_access_list(entry: Protected, acl: AccessList, session: SessionState, command: str) -> None:
    """Give an object another access list, in the session's transaction."""
    oid = entry.oid

    def changed(catalog: Catalog) -> Catalog:
        if isinstance(entry, Namespace):
            namespace = catalog.namespace_by_oid(oid)
            assert namespace is not None, entry
            return catalog.with_namespace(replace(namespace, grants=stored(acl, owner_oid(catalog, namespace))))
        relation = catalog.relation_by_oid(oid)
        assert relation is not None, entry
        return catalog.with_relation(replace(relation, grants=stored(acl, owner_oid(catalog, relation))))

    session.block.for_writing(command).change_catalog(changed)


def _change(statement: Grant | Revoke, grantees: Sequence[int]) -> Callable[[AccessList, str, int], AccessList]:
    def grant(acl: AccessList, letters: str, grantor: int) -> AccessList:
        for grantee in grantees:
            acl = granted(acl, grantee, letters, grantor, option=isinstance(statement, Grant) and statement.with_option)
        return acl

    def revoke(acl: AccessList, letters: str, grantor: int) -> AccessList:
        assert isinstance(statement, Revoke)
        for grantee in grantees:
            acl = revoked(acl, grantee, letters, grantor, option_only=statement.option_only, cascade=statement.cascade)
        return acl

    return grant if isinstance(statement, Grant) else revoke


def _apply(
    entry: Protected,
    letters: str | None,
    change: Callable[[AccessList, str, int], AccessList],
    command: str,
    session: SessionState,
) -> None:
    wanted = _of_kind(entry, letters, session)
    catalog, role = session.catalog, session.role
    current = (
        catalog.namespace_by_oid(entry.oid) if isinstance(entry, Namespace) else catalog.relation_by_oid(entry.oid)
    )
    assert current is not None, "it was found in this catalog"
    acl = access_list(catalog, current)
    if role.owns(current.owner):
        grantor, options = owner_oid(catalog, current), all_privileges(current)
    else:
        grantor, options = _best_grantor(acl, wanted, (role.oid, *sorted(role.with_public - {PUBLIC, role.oid})))
        if not grantable(acl, role.with_public - {PUBLIC}) and not has_any_privilege(role, current):
            raise errors.InsufficientPrivilege(f"permission denied for {kind_of(current)} {current.name}")
    allowed = "".join(letter for letter in wanted if letter in options)
    _warn(current.name, allowed, wanted, command, session, is_all=letters is None)
    if allowed:
        change_access_list(current, change(acl, allowed, grantor), session, command)


def _best_grantor(acl: AccessList, wanted: str, roles: Iterable[int]) -> tuple[int, str]:
    """The role, of those that the current one is in, that may grant the most of what is wanted; and what it may."""
    best, options = 0, ""
    for oid in roles:
        found = "".join(letter for letter in grantable(acl, (oid,)) if letter in wanted)
        if not best or len(found) > len(options):
            best, options = oid, found
    return best, options


def _warn(name: str, allowed: str, wanted: str, command: str, session: SessionState, *, is_all: bool) -> None:
    verb, sqlstate = ("were granted", "01007") if command == "GRANT" else ("could be revoked", "01006")
    if not allowed:
        session.notice(f'no privileges {verb} for "{name}"', "WARNING", sqlstate)
    elif allowed != wanted and not is_all:
        session.notice(f'not all privileges {verb} for "{name}"', "WARNING", sqlstate)


def _letters(granted_: Granted) -> str | None:
    """The letters of the privileges that are named; `None` for all."""
    if granted_.privileges is None:
        return None
    letters = ""
    for name in granted_.privileges:
        if name not in _KNOWN:
            raise errors.SqlSyntaxError(f'unrecognized privilege type "{name}"')
        letter = LETTERS.get(name.upper(), "")
        if not letter or letter not in _ALLOWED[granted_.kind]:
            kind = "relation" if granted_.kind == "table" else granted_.kind
            raise _invalid(name, kind)
        letters += letter if letter not in letters else ""
    return letters


def _of_kind(entry: Protected, letters: str | None, session: SessionState) -> str:
    """Those of the privileges that there are on such an object."""
    every = all_privileges(entry)
    if letters is None:
        return every
    if isinstance(entry, Table | View) and "U" in letters:
        raise _invalid("usage", "table")
    kept = "".join(letter for letter in letters if letter in every)
    if kept != letters:
        session.notice(
            f'sequence "{entry.name}" only supports USAGE, SELECT, and UPDATE privileges', "WARNING", "01000"
        )
    return kept


def _invalid(privilege: str, kind: str) -> errors.InvalidGrantOperation:
    return errors.InvalidGrantOperation(f"invalid privilege type {privilege.upper()} for {kind}")


def _grantee(name: RoleName, session: SessionState) -> int:
    if name.special is None and name.name == "public":
        return PUBLIC
    return resolved(name, session).oid


def _named(wanted: Granted, session: SessionState) -> Iterator[Protected]:
    for name in wanted.names:
        yield _schema(name, session) if wanted.kind == "schema" else _relation(name, wanted.kind, session)


def _in_schemas(wanted: Granted, session: SessionState) -> Iterator[Protected]:
    for name in wanted.names:
        for relation in session.catalog.relations_in(_schema(name, session).name):
            if isinstance(relation, _MASS_KINDS[wanted.kind]):
                yield relation


def _schema(name: QualifiedName, session: SessionState) -> Namespace:
    if name.name in SYSTEM_NAMESPACES:
        raise errors.InsufficientPrivilege(f"permission denied for schema {name.name}")
    namespace = session.catalog.namespace(name.name)
    if namespace is None:
        raise errors.UndefinedNamespace(f'schema "{name.name}" does not exist')
    return namespace


def _relation(name: QualifiedName, kind: GrantedKind, session: SessionState) -> Protected:
    relation = find_relation(session, name)
    if relation is None:
        if is_system_relation(session, name):
            raise errors.InsufficientPrivilege(f"permission denied: {name} is a system relation")
        raise errors.UndefinedTable(f'relation "{name}" does not exist')
    if kind == "sequence" and not isinstance(relation, SequenceGenerator):
        raise errors.WrongObjectType(f'"{name.name}" is not a sequence')
    return relation


def _on_database(wanted: Granted, command: str, session: SessionState) -> None:
    """There is one database, to which every role that can log in may connect; schemas are made by superusers."""
    for name in wanted.privileges or ():
        if name not in _KNOWN:
            raise errors.SqlSyntaxError(f'unrecognized privilege type "{name}"')
        if name not in ("create", "connect", "temporary", "temp"):
            raise _invalid(name, "database")
    for database in wanted.names:
        if database.name != DATABASE:
            raise errors.UndefinedDatabase(f'database "{database.name}" does not exist')
    if not session.role.superuser:
        raise errors.InsufficientPrivilege(f"permission denied for database {DATABASE}")
    if command == "REVOKE":
        raise errors.FeatureNotSupported(
            "REVOKE of privileges on a database is not supported", hint="ALTER ROLE … NOLOGIN keeps a role out."
        )
    if wanted.privileges is None or "create" in wanted.privileges:
        session.notice(
            "only superusers make schemas: GRANT CREATE ON DATABASE has no effect",
            hint="CREATE SCHEMA … AUTHORIZATION makes one for a role.",
        )
    else:
        session.notice("every role that can log in may connect: GRANT ON DATABASE has no effect")
