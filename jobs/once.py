"""A call that is let go of as soon as it has been made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class Once(Generic[T]):
    """Calls a function, once. For threads of executors, which hold what they have called until they do something else:
    files that are to die with the last one who reads them would outlive the result.
    """

    def __init__(self, function: Callable[[], T]) -> None:
        self._function: Callable[[], T] | None = function

    def __call__(self) -> T:
        """What the function returns."""
        function, self._function = self._function, None
        assert function is not None, "it is called once"
        return function()
