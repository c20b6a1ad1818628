"""MERGE, as it is read. Frozen values; the parts of it are sqlglot's trees."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from msgspec import Struct

if TYPE_CHECKING:
    from sqlglot import exp


class MergeAction(Struct, frozen=True):
    """WHEN [NOT] MATCHED [AND condition] THEN …. `tree` has what UPDATE or INSERT says."""

    matched: bool
    condition: exp.Expr | None
    kind: Literal["update", "delete", "insert", "nothing"]
    tree: exp.Expr | None = None


class Merge(Struct, frozen=True):
    """[WITH …] MERGE INTO target USING source ON condition, and the actions in order."""

    target: exp.Table
    source: exp.Expr
    condition: exp.Expr
    actions: tuple[MergeAction, ...]
    with_: exp.With | None = None
