"""Columns of text as stored values: all at once where that is sure to mean what the input function means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sql.copy.conversion import VECTORS, converted, direct_type
from sql.copy.lines import read_lines
from sql.errors import SqlError
from sql.types.arrow import Array, pa, pc
from sql.types.list_literals import elements_of
from storage.rows import stored_array
from storage.types import element_of

if TYPE_CHECKING:
    from sql.types import Codecs
    from storage.types import SqlType

_SAMPLE_ROWS: Final = 1000


class TextColumn:
    """Reads the text of one column."""

    def __init__(self, sql_type: SqlType, codecs: Codecs) -> None:
        self._type = sql_type
        self._zone = codecs.zone
        self._parse = codecs.of(sql_type).parse
        element = None if sql_type.oid in VECTORS else element_of(sql_type)
        self._element = None if element is None else TextColumn(element, codecs)

    def stored(self, texts: Array) -> Array | None:
        """The stored values of a `string` array; `None` if one is bad."""
        if self._element is not None:
            lists = self._element.lists(texts)
            if lists is not None:
                return lists
        found = converted(texts, self._type, self._zone)
        return self._parsed(texts) if found is None else found

    def lists(self, literals: Array) -> Array | None:
        """Arrays whose elements are such values; `None` where a literal is unusual, or wrong."""
        elements = elements_of(literals)
        if elements is None:
            return None
        direct = direct_type(self._type)
        stored = None if direct is None else read_lines(elements.texts, direct)
        if stored is None:
            stored = self.stored(elements.texts)
        if stored is None:
            return None
        mask = pc.is_null(literals) if literals.null_count else None
        return pa.ListArray.from_arrays(pa.array(elements.offsets), stored, mask=mask)

    def _parsed(self, texts: Array) -> Array | None:
        """By the input function: of values that repeat, once for each that is different."""
        try:
            if not _repeats(texts):
                return self._each(texts)
            distinct = texts.dictionary_encode()
            return self._each(distinct.dictionary).take(distinct.indices)
        except SqlError:
            return None

    def _each(self, texts: Array) -> Array:
        parse = self._parse
        values: list[Any] = [None if text is None else parse(text) for text in texts.to_pylist()]
        return stored_array(values, self._type.arrow)


def _repeats(texts: Array) -> bool:
    """Whether values are so few that it pays to look for them; by those that come first."""
    sample = texts.slice(0, _SAMPLE_ROWS)
    return len(texts) > len(sample) and pc.count_distinct(sample, mode="all").as_py() * 2 < len(sample)
