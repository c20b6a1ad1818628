"""What keeps a role from being dropped: what it owns, was granted, or has granted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sql.dependencies import describe
from sql.relations.identifiers import quote_identifier
from storage.catalog_entries import Namespace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sql.privileges import Protected
    from sql.session_state import SessionState
    from storage.catalog import Catalog
    from storage.catalog_entries import Role


def protected_entries(catalog: Catalog) -> Iterator[Protected]:
    """All that has an owner and privileges."""
    yield from catalog.namespaces.values()
    yield from sorted(catalog.relations(), key=lambda each: each.oid)


def what_depends_on(role: Role, session: SessionState) -> Iterator[str]:
    """What a role owns, and what it was granted or has granted, in PostgreSQL's words."""
    catalog = session.catalog
    owned = [entry for entry in protected_entries(catalog) if entry.owner == role.name]
    yield from (f"owner of {_described(entry, session)}" for entry in owned)
    for entry in protected_entries(catalog):
        grants = entry.grants if entry.owner != role.name else ()
        if any(role.oid in (grant.grantee, grant.grantor) for grant in grants):
            yield f"privileges for {_described(entry, session)}"


def _described(entry: Protected, session: SessionState) -> str:
    if isinstance(entry, Namespace):
        return f"schema {quote_identifier(entry.name)}"
    return describe(entry, session)
