"""INSERT … OVERRIDING { SYSTEM | USER } VALUE, which sqlglot does not know: out of the tokens, into the tree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlglot.tokenizer_core import Token

Overriding = Literal["system", "user"]


def take_overriding(tokens: Sequence[Token]) -> tuple[Sequence[Token], Overriding | None]:
    """The tokens of an INSERT without the clause, and which of the two it was."""
    for index in range(len(tokens) - 2):
        if tokens[index].text.lower() == "overriding" and tokens[index + 2].text.lower() == "value":
            kind = tokens[index + 1].text.lower()
            if kind in ("system", "user"):
                return [*tokens[:index], *tokens[index + 3 :]], "system" if kind == "system" else "user"
    return tokens, None
