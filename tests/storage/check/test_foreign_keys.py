"""Both sides of foreign keys: a check tells where they do not agree with each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest
from msgspec.structs import replace

from storage.catalog_entries import Index
from storage.keys import KeyKind, key
from storage.kv import Put
from tests.checking import findings_of, problems_of
from tests.storage.check.test_damage import change
from tests.storage.harness import open_storage
from tests.storage.test_reference_restore import linked

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from storage.catalog_entries import Table


def other_key(parent: Table, _: Table) -> Table:
    """The index that is referred to is one of another column."""
    return replace(parent, indexes=(Index(parent.indexes[0].oid, "parent_code_key", (3,), unique=True),))


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda parent, child: replace(parent, referenced_by=()), "refers to public.parent, which does not know of it"),
        (lambda parent, child: replace(child, foreign_keys=()), "which is said to refer to it, does not"),
        (lambda parent, child: replace(child, foreign_keys=child.foreign_keys[:2]), "which is said to refer to it"),
        (
            lambda parent, child: replace(
                child,
                foreign_keys=(*child.foreign_keys[1:], replace(child.foreign_keys[0], referenced_table=99_999)),
            ),
            "public.child: foreign key by_code refers to table 99999, which is not there",
        ),
        (
            lambda parent, child: replace(
                child, foreign_keys=(*child.foreign_keys[1:], replace(child.foreign_keys[0], columns=(9,)))
            ),
            "public.child: foreign key by_code is on column 9, which is not there",
        ),
        (
            lambda parent, child: replace(
                child,
                foreign_keys=(*child.foreign_keys[:2], replace(child.foreign_keys[2], oid=child.foreign_keys[0].oid)),
            ),
            "is that of 2 things",
        ),
        (other_key, "public.child: foreign key by_code refers to a key of public.parent that is not there"),
        (lambda parent, child: replace(parent, indexes=()), "refers to a key of public.parent that is not there"),
    ],
)
def test_sides_that_do_not_agree(tmp_path: Path, damage: Callable[[Table, Table], Table], said: str) -> None:
    """Whichever of them is wrong; of a whole folder nothing is told."""
    storage = open_storage(tmp_path)
    parent, child = linked(storage)
    storage.close()
    assert findings_of(tmp_path) == []
    damaged = damage(parent, child)
    change(tmp_path, Put(key(KeyKind.TABLE, damaged.oid), msgspec.msgpack.encode(damaged)))
    assert any(said in line for line in problems_of(tmp_path))
