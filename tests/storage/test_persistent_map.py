"""Maps that are values: equal to a dict with the same changes, and sharing what did not change."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from storage.persistent_map import PersistentMap

KEYS = st.integers(0, 400) | st.text(max_size=2)
CHANGES = st.dictionaries(KEYS, st.none() | st.integers())


@given(st.lists(CHANGES))
def test_a_map_is_what_a_dict_is_after_the_same_changes(history: list[dict[int | str, int | None]]) -> None:
    """Length, keys, values and look-ups agree after each change, and what there was before is as it was."""
    model: dict[int | str, int] = {}
    tested: PersistentMap[int | str, int] = PersistentMap()
    past = []
    for changes in history:
        past.append((tested, dict(model)))
        tested = tested.changed(changes)
        for key, value in changes.items():
            if value is None:
                model.pop(key, None)
            else:
                model[key] = value
        assert tested == model
        assert len(tested) == len(model)
        assert sorted(tested.values()) == sorted(model.values())
        assert all(key in tested and tested.get(key) == tested[key] == value for key, value in model.items())
    for before, then in past:
        assert before == then


@given(CHANGES, CHANGES)
def test_the_difference_of_two_maps_makes_one_of_the_other(
    first: dict[int | str, int | None], second: dict[int | str, int | None]
) -> None:
    """Whether they come from each other or not; and of a map from itself there is none."""
    one = PersistentMap[int | str, int]().changed(first)
    for other in (one.changed(second), PersistentMap[int | str, int]().changed(second)):
        assert one.changed(one.changes_to(other)) == other
    assert one.changes_to(one) == {}


def test_a_change_copies_little_of_a_large_map() -> None:
    """Of ten thousand entries all but the neighbours of the changed one are in the same buckets as before."""
    before = PersistentMap[int, object]().changed({oid: object() for oid in range(10_000)})
    after = before.changed({5_000: None})
    copied = [number for number, bucket in after._buckets.items() if before._buckets[number] is not bucket]
    assert len(copied) == 1
    assert len(after._buckets[copied[0]]) < 100
    assert before.changes_to(after) == {5_000: None}


def test_oids_come_in_the_order_in_which_they_were_given() -> None:
    """As long as each is put once: relations computed of them list what was made first first."""
    oids = range(16_384, 20_000)
    assert list(PersistentMap[int, int]().changed(dict.fromkeys(oids, 1))) == list(oids)
