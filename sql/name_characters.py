"""Classes of the characters in names, for regular expressions.

They are written as what they leave out of ASCII: a range that goes on to the last character takes Python seven
milliseconds to compile.
"""

from __future__ import annotations

from typing import Final

LETTER: Final = r"[^\x00-@\[-^`{-\x7f]"
"""A letter, `_`, and whatever is not ASCII."""

LETTER_OR_DIGIT: Final = r"[^\x00-/:-@\[-^`{-\x7f]"
"""The same, and digits."""

NAME_CHARACTER: Final = r"[^\x00-\x23%-/:-@\[-^`{-\x7f]"
"""The same, and `$`: what may stand in a name behind its first letter."""
