"""The cache of plans: what it gives back, and what it forgets."""

from __future__ import annotations

from sql.plan import Empty
from sql.plan_cache import CACHED_PLANS, LONGEST_CACHED_TEXT, PlanCache
from sql.prepared import PlanBasis, PlanKey, Prepared
from sql.statements import ParsedStatement
from storage.catalog import Catalog

CATALOG = Catalog()


def key_of(text: str) -> PlanKey:
    """The key of a text."""
    return PlanKey(text, (), PlanBasis("public", "UTC", 10))


def plan_of(text: str) -> Prepared:
    """A plan kept under the key of a text."""
    return Prepared(key_of(text), ParsedStatement(None, text, 0), Empty(), CATALOG, (), None, None)


def test_a_plan_is_found_by_its_key() -> None:
    """What was kept comes back under a key that is equal, and under no other."""
    cache, plan = PlanCache(), plan_of("a")
    cache.keep(plan)
    assert cache.find(key_of("a"), CATALOG) is plan
    assert cache.find(key_of("b"), CATALOG) is None


def test_a_plan_holds_for_the_catalog_it_was_made_with() -> None:
    """Once the catalog has changed, names may mean something else."""
    cache = PlanCache()
    cache.keep(plan_of("a"))
    assert cache.find(key_of("a"), Catalog()) is None


def test_a_long_text_is_not_kept() -> None:
    """Texts up to the limit are kept, longer ones are not."""
    cache, longest = PlanCache(), "x" * LONGEST_CACHED_TEXT
    cache.keep(plan_of(longest))
    cache.keep(plan_of(longest + "x"))
    assert cache.find(key_of(longest), CATALOG) is not None
    assert cache.find(key_of(longest + "x"), CATALOG) is None


def test_the_plan_not_used_for_longest_is_forgotten() -> None:
    """The cache is bounded, and to use a plan is to keep it."""
    cache = PlanCache()
    for number in range(CACHED_PLANS):
        cache.keep(plan_of(str(number)))
    cache.find(key_of("0"), CATALOG)
    cache.keep(plan_of("one more"))
    assert cache.find(key_of("0"), CATALOG) is not None
    assert cache.find(key_of("1"), CATALOG) is None
