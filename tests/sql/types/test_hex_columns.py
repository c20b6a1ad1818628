"""bytea and uuids of a whole column: what is read at once is what the input functions read."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sql.types import Codecs
from sql.types.hex_columns import read_hex, read_uuids
from storage import types

BYTES = st.binary(max_size=5).map(lambda data: "\\x" + data.hex())
UUIDS = st.uuids().map(str)


@pytest.mark.parametrize("name", ["bytea", "uuid"])
def test_what_is_read_at_once_is_what_the_input_function_reads(name: str):
    """A column is read at once, or not at all; the usual forms are."""
    read, usual = (read_hex, BYTES) if name == "bytea" else (read_uuids, UUIDS)
    parse = Codecs().of(types.BYTEA if name == "bytea" else types.UUID).parse
    odd = st.one_of(
        usual.map(str.upper),
        st.tuples(usual, st.integers(0, 40), st.sampled_from(["", "g", " ", "é", "-", "\\"])).map(
            lambda parts: parts[0][: parts[1]] + parts[2] + parts[0][parts[1] + 1 :]
        ),
    )

    @settings(max_examples=300, deadline=None)
    @given(st.lists(st.one_of(st.none(), usual, odd), max_size=5), st.integers(0, 2))
    def check(texts: list[str | None], skipped: int):
        found = read(pa.array(texts, pa.string()).slice(min(skipped, len(texts))))
        if found is not None:
            stored = found.storage if isinstance(found, pa.ExtensionArray) else found
            assert stored.to_pylist() == [None if text is None else parse(text) for text in texts[skipped:]]

    @settings(deadline=None)
    @given(st.lists(st.one_of(st.none(), usual), max_size=5))
    def is_read(texts: list[str | None]):
        assert read(pa.array(texts, pa.string())) is not None

    check()
    is_read()
