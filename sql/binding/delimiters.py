"""string_agg() with a delimiter that is computed, maybe for each row: DuckDB's own takes a constant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace
from sqlglot import exp

from storage import types as t

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sql.binding.signature import Signature


def with_delimiters(signature: Signature, trees: Sequence[exp.Expr]) -> Signature:
    """The signature of an aggregate as it is called with these arguments."""
    if signature.name != "string_agg" or trees[1].find(exp.Column, exp.Query, exp.Func) is None:
        return signature
    return replace(signature, template=_OF_BYTES if signature.returns.oid == t.BYTEA.oid else _OF_TEXTS)


_OF_TEXTS: Final = "silt_joined(list(struct_pack(text := {0}, before := coalesce({1}, '')){o}){s})"
_OF_BYTES: Final = "unhex(silt_joined(list(struct_pack(text := hex({0}), before := coalesce(hex({1}), '')){o}){s}))"
