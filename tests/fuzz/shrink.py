"""Makes a statement smaller, as long as the servers still differ about it in the same way."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from tests.fuzz.node import NOTHING, Node
from tests.fuzz.values import POOLS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TRIES: Final = 400
"""How many smaller statements are tried at most."""


def shrink(statement: Node, differs: Callable[[Node], bool]) -> Node:
    """The smallest statement found for which `differs` holds."""
    left = TRIES
    found = True
    while found and left > 0:
        found = False
        for smaller in _smaller(statement):
            left -= 1
            if left <= 0:
                break
            if differs(smaller):
                statement, found = smaller, True
                break
    return statement


def _smaller(tree: Node) -> Iterator[Node]:
    """Statements like this one with less in them, the smallest first."""
    if tree.optional:
        yield NOTHING
    if tree.type == "list":
        for index in range(len(tree.parts)) if len(tree.parts) > 1 else ():
            yield replace(tree, parts=tree.parts[:index] + tree.parts[index + 1 :])
    elif tree.type in POOLS and tree.parts:
        yield Node(tree.type, f"null::{tree.type}")
        yield Node(tree.type, POOLS[tree.type][0])
        yield from sorted({each for each in tree.below() if each.type == tree.type}, key=lambda each: len(each.sql))
    elif tree.type == "query":
        yield from (each for each in tree.below() if each.type == "query")
    for index, part in enumerate(tree.parts):
        for smaller in _smaller(part):
            yield tree.with_part(index, smaller)
