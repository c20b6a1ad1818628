"""What was made of texts that clients send, kept for the next time: only for short ones.

A cache of so many texts is small only if no text in it is large, and clients may send texts of hundreds of megabytes.
"""

from __future__ import annotations

from functools import lru_cache, wraps
from typing import TYPE_CHECKING, Any, Final, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
R = TypeVar("R")

LONGEST_REMEMBERED: Final = 2_048
"""Characters of the first argument."""


def remembered(maxsize: int) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Have a function of a text remember the `maxsize` results used last, but for long texts."""

    def remembering(function: Callable[P, R]) -> Callable[P, R]:
        known: Any = lru_cache(maxsize)(function)

        @wraps(function)
        def find(*arguments: P.args, **options: P.kwargs) -> R:
            text = arguments[0]
            assert isinstance(text, str), "texts are remembered"
            found: R = (known if len(text) <= LONGEST_REMEMBERED else function)(*arguments, **options)
            return found

        return find

    return remembering
