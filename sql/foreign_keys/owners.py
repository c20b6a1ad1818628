"""With whose rights foreign keys look at rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sql.acting_role import acting_role
from sql.privileges import require_privilege

if TYPE_CHECKING:
    from storage.catalog import Catalog
    from storage.catalog_entries import Table


def require_owner_may_look(catalog: Catalog, table: Table) -> None:
    """Raise `InsufficientPrivilege` where the owner of a table may not look for its rows and lock them.

    As in PostgreSQL it is the owner who does, whoever the role is.
    """
    owner = catalog.role(table.owner)
    assert owner is not None, "who owns a table cannot be dropped"
    require_privilege(acting_role(catalog, owner), table, "SELECT", "UPDATE")
