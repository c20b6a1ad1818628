"""Constants are taken out of texts, and only what is surely a constant."""

from __future__ import annotations

import pytest

from sql.point_texts import take_constants_out

TAKEN = {
    "SELECT a FROM t WHERE id = 5": (["5"], "i"),
    "UPDATE t SET a = a + -5 WHERE id = -7": (["-5", "-7"], "ii"),
    "UPDATE t SET a = a - 5 WHERE id=-7": (["5", "-7"], "ii"),
    "UPDATE t SET a = a -5": (["5"], "i"),
    "INSERT INTO t2 VALUES (3000000000, -9223372036854775809, 1.5, .5, 2e3)": (
        ["3000000000", "-9223372036854775809", "1.5", ".5", "2e3"],
        "lnnnn",
    ),
    "INSERT INTO t VALUES ('it''s', '', 'ß; 5')": (["it's", "", "ß; 5"], "sss"),
    """SELECT "a'5" FROM "t 6" WHERE x1 = '7'""": (["7"], "s"),
    "SELECT a FROM t WHERE id = -5::text": (["5"], "i"),
    "COMMIT": ([], ""),
}

LEFT = (
    "SELECT a FROM t WHERE id = $1",
    "SELECT a FROM t WHERE id = 5 -- the fifth",
    "SELECT a FROM t /* 'x */ WHERE id = 5",
    r"INSERT INTO t VALUES (E'a\n')",
    "INSERT INTO t VALUES (E'a', 'b')",
    "INSERT INTO t VALUES (U&'a')",
    "INSERT INTO t VALUES (x'1f')",
    "INSERT INTO t VALUES ($$a$$)",
)


@pytest.mark.parametrize("text", TAKEN)
def test_numbers_and_strings_are_taken_out(text: str) -> None:
    """Each with its kind and, of a number, the sign that belongs to it; strings without their quotes."""
    found = take_constants_out(text)
    assert found is not None
    template, constants = found
    expected, kinds = TAKEN[text]
    assert constants == expected
    assert "".join(template[len(constants) + 1 :]) == kinds


@pytest.mark.parametrize("text", LEFT)
def test_other_texts_are_left_alone(text: str) -> None:
    """Comments, parameters and strings with a prefix or an escape are for the parser."""
    assert take_constants_out(text) is None


def test_texts_that_differ_in_constants_have_one_template() -> None:
    """Of the same kinds, that is: an integer and a numeric are other types."""
    one, other, numeric = (take_constants_out(f"UPDATE t SET a = {a} WHERE id = 1") for a in ("5", "-17", "5.0"))
    assert one is not None
    assert other is not None
    assert numeric is not None
    assert one[0] == other[0] != numeric[0]
