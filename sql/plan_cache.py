"""Plans made before, for statements that are sent again."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sql.prepared import PlanKey, Prepared
    from storage.catalog import Catalog

CACHED_PLANS = 1024
LONGEST_CACHED_TEXT = 8192
"""Characters: longer texts are seldom sent twice, and cost memory."""


class PlanCache:
    """The plans used last, of all sessions."""

    def __init__(self) -> None:
        self._plans: OrderedDict[PlanKey, Prepared] = OrderedDict()

    def find(self, key: PlanKey, catalog: Catalog) -> Prepared | None:
        """The plan kept under a key, if it was made with this catalog."""
        prepared = self._plans.get(key)
        if prepared is None or prepared.catalog is not catalog:
            return None
        self._plans.move_to_end(key)
        return prepared

    def keep(self, prepared: Prepared) -> None:
        """Keep a plan under its key, in place of the one that was not used for longest where there are too many."""
        if len(prepared.key.text) > LONGEST_CACHED_TEXT:
            return
        self._plans[prepared.key] = prepared
        if len(self._plans) > CACHED_PLANS:
            self._plans.popitem(last=False)
