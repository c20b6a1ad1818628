"""Texts of JSON, for hypothesis: with duplicate keys, spaces, escapes and numbers of all kinds."""

from __future__ import annotations

from hypothesis import strategies as st

NUMBERS = ["1", "-0", "-0.0", "-0.50", "1e5", "1E-3", "-1e2", "1e400", "1.50", "0.0", "18446744073709551616", "1.5E+5"]
STRINGS = ['"a"', '""', '"\\u00e9"', '"\\/\\u001f\\u007f"', '"\\ud83d\\ude00"', '"\x7f\u2028é"', '"\\\\u0000\\n\\""']
SCALARS = st.sampled_from([*NUMBERS, *STRINGS, "null", "true", "false"])
KEYS = st.sampled_from(
    ['"a"', '"b"', '"é"', '"zz"', '"a:b"', '"\\u0061"', '"\\u003a"', '""', '"\U0001f600"', '"\uffff"']
)
SPACE = st.sampled_from(["", " ", "\n\t"])


def objects_of(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Objects of such values."""
    return st.builds(
        lambda fields, space: f"{{{','.join(f'{space}{key}:{space}{value}' for key, value in fields)}}}",
        st.lists(st.tuples(KEYS, values), max_size=4),
        SPACE,
    )


def arrays_of(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Arrays of such values."""
    return st.builds(lambda items, space: f"[{space}{f'{space},'.join(items)}]", st.lists(values, max_size=4), SPACE)


DOCUMENTS = st.recursive(SCALARS, lambda inner: st.one_of(arrays_of(inner), objects_of(inner)), max_leaves=8)
OBJECTS = objects_of(DOCUMENTS)
