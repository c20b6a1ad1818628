"""The anomalies of the Hermitage list, at each level, on hot and cold rows: the outcome is PostgreSQL's.

https://github.com/ept/hermitage names them: G0 dirty writes, G1a aborted reads, G1b intermediate reads, G1c circular
information flow, OTV observed transaction vanishes, PMP predicate-many-preceders, P4 lost updates, G-single read skew,
G2 write skew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.interleaving import Clients

if TYPE_CHECKING:
    from tests.interleaving import Outcome
    from tests.server_process import ServerProcess

LEVELS = ("READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE")
ALL = "SELECT * FROM anomalies ORDER BY id"


def read(where: str) -> str:
    """A query of some rows."""
    return f"SELECT * FROM anomalies WHERE {where} ORDER BY id"


def write(key: int, value: int) -> str:
    """An update of one row by its key."""
    return f"UPDATE anomalies SET value = {value} WHERE id = {key}"


ANOMALIES: dict[str, list[str]] = {
    "G0": [
        f"A:{write(1, 11)}", f"B:{write(1, 12)}", f"A:{write(2, 21)}", "A:COMMIT", "B:", f"A:{ALL}",
        f"B:{write(2, 22)}", "B:COMMIT", f"A:{ALL}",
    ],
    "G1a": [f"A:{write(1, 101)}", f"B:{ALL}", "A:ROLLBACK", f"B:{ALL}", "B:COMMIT"],
    "G1b": [f"A:{write(1, 101)}", f"B:{ALL}", f"A:{write(1, 11)}", "A:COMMIT", f"B:{ALL}", "B:COMMIT"],
    "G1c": [
        f"A:{write(1, 11)}", f"B:{write(2, 22)}", f"A:{read('id = 2')}", f"B:{read('id = 1')}", "A:COMMIT", "B:COMMIT",
    ],
    "OTV": [
        f"A:{write(1, 11)}", f"A:{write(2, 19)}", f"B:{write(1, 12)}", "A:COMMIT", "B:", f"C:{read('id = 1')}",
        f"B:{write(2, 18)}", f"C:{read('id = 2')}", "B:COMMIT", f"C:{read('id = 2')}", f"C:{read('id = 1')}",
        "C:COMMIT",
    ],
    "PMP": [
        f"A:{read('value = 30')}", "B:INSERT INTO anomalies VALUES (3, 30)", "B:COMMIT", f"A:{read('value % 3 = 0')}",
        "A:COMMIT",
    ],
    "PMP, write": [
        "A:UPDATE anomalies SET value = value + 10", "B:DELETE FROM anomalies WHERE value = 20", "A:COMMIT", "B:",
        f"B:{read('value = 20')}", "B:COMMIT",
    ],
    "P4": [
        f"A:{read('id = 1')}", f"B:{read('id = 1')}", f"A:{write(1, 11)}", f"B:{write(1, 11)}", "A:COMMIT", "B:",
        "B:COMMIT",
    ],
    "G-single": [
        f"A:{read('id = 1')}", f"B:{read('id = 1')}", f"B:{read('id = 2')}", f"B:{write(1, 12)}", f"B:{write(2, 18)}",
        "B:COMMIT", f"A:{read('id = 2')}", "A:COMMIT",
    ],
    "G-single, predicates": [
        f"A:{read('value % 5 = 0')}", "B:UPDATE anomalies SET value = 12 WHERE value = 10", "B:COMMIT",
        f"A:{read('value % 3 = 0')}", "A:COMMIT",
    ],
    "G-single, write": [
        f"A:{read('id = 1')}", f"B:{ALL}", f"B:{write(1, 12)}", f"B:{write(2, 18)}", "B:COMMIT",
        "A:DELETE FROM anomalies WHERE value = 20", f"A:{ALL}", "A:COMMIT",
    ],
    "G2-item": [
        f"A:{read('id IN (1, 2)')}", f"B:{read('id IN (1, 2)')}", f"A:{write(1, 11)}", f"B:{write(2, 21)}", "A:COMMIT",
        "B:COMMIT",
    ],
    "G2": [
        f"A:{read('value % 3 = 0')}", f"B:{read('value % 3 = 0')}", "A:INSERT INTO anomalies VALUES (3, 30)",
        "B:INSERT INTO anomalies VALUES (4, 42)", "A:COMMIT", "B:COMMIT", f"A:{read('value % 3 = 0')}",
    ],
}  # fmt: skip

OTHERWISE: dict[tuple[str, str], list[tuple[str, Outcome]]] = {
    ("PMP, write", "READ COMMITTED"): [
        # A statement that waited runs again on a fresh snapshot as a whole, and not only for the row it waited for:
        # it finds the row whose value has become 20.
        ("B:", "DELETE 1"),
        (f"B:{read('value = 20')}", []),
        (f"A:{ALL}", [(2, 30)]),
    ],
}
"""Steps that give something else than in PostgreSQL, by anomaly and level."""


def prepare(conninfo: str, layout: str) -> None:
    """Two rows: in memory, in a segment, or one in each."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS anomalies")
        connection.execute("CREATE TABLE anomalies (id int PRIMARY KEY, value int)")
        connection.execute("INSERT INTO anomalies VALUES (1, 10)")
        if layout == "mixed":
            connection.execute("FLUSH TABLE anomalies WITH (wait)")
        connection.execute("INSERT INTO anomalies VALUES (2, 20)")
        if layout == "cold":
            connection.execute("FLUSH TABLE anomalies WITH (wait)")


def outcome(conninfo: str, name: str, level: str) -> list[tuple[str, Outcome]]:
    """What each step of an anomaly gives, and what is there in the end."""
    steps = ANOMALIES[name]
    letters = sorted({step[0] for step in steps})
    begins = [f"{letter}:BEGIN ISOLATION LEVEL {level}" for letter in letters]
    with Clients(conninfo, "".join(letters)) as clients:
        return clients.run([*begins, *steps, *(f"{letter}:ROLLBACK" for letter in letters), f"A:{ALL}"])


@pytest.fixture(scope="module")
def expected(postgres: str) -> dict[tuple[str, str], list[tuple[str, Outcome]]]:
    """What PostgreSQL gives, by anomaly and level."""
    found = {}
    for name in ANOMALIES:
        for level in LEVELS:
            prepare(postgres, "hot")
            found[name, level] = outcome(postgres, name, level)
    return found


@pytest.mark.parametrize("layout", ["hot", "cold", "mixed"])
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("name", ANOMALIES)
def test_an_anomaly_ends_as_in_postgres(
    name: str,
    level: str,
    layout: str,
    server: ServerProcess,
    expected: dict[tuple[str, str], list[tuple[str, Outcome]]],
) -> None:
    """Each step gives what it gives there, or what `OTHERWISE` says, with its reason."""
    conninfo = psycopg.conninfo.make_conninfo(**server.conninfo())
    prepare(conninfo, layout)
    differing = [
        (here)
        for here, there in zip(outcome(conninfo, name, level), expected[name, level], strict=True)
        if here != there
    ]
    assert differing == OTHERWISE.get((name, level), [])


SERIAL = [
    "A:BEGIN ISOLATION LEVEL SERIALIZABLE",
    f"A:{ALL}",
    f"B:{write(2, 21)}",
    "A:INSERT INTO elsewhere VALUES (1)",
    "A:COMMIT",
]
"""A serializable transaction reads what one that is not serializable changes, and writes something else."""


def conninfo_of(server: ServerProcess) -> str:
    """How to connect to it."""
    return psycopg.conninfo.make_conninfo(**server.conninfo())


def test_a_serializable_transaction_fails_whenever_what_it_read_was_changed(
    server: ServerProcess, postgres: str
) -> None:
    """PostgreSQL looks for circles of serializable transactions; here any change of a table that was read counts."""
    ends = []
    for conninfo in (conninfo_of(server), postgres):
        prepare(conninfo, "hot")
        with Clients(conninfo, "AB") as clients:
            clients.run(["A:DROP TABLE IF EXISTS elsewhere", "A:CREATE TABLE elsewhere (id int)"])
            ends.append(clients.run(SERIAL)[-1][1])
    assert ends == ["40001", "COMMIT"]


def test_a_serializable_transaction_that_only_reads_commits(server: ServerProcess) -> None:
    """It has seen one moment: there is nothing to serialize."""
    prepare(conninfo_of(server), "hot")
    with Clients(conninfo_of(server), "AB") as clients:
        ended = clients.run([*SERIAL[:3], f"A:{ALL}", "A:COMMIT"])
    assert [given for _, given in ended[-2:]] == [[(1, 10), (2, 20)], "COMMIT"]


FORBIDDEN = (
    "INSERT INTO anomalies VALUES (9, 9)",
    "UPDATE anomalies SET value = 1",
    "UPDATE anomalies SET value = 1 WHERE id = 1",
    "DELETE FROM anomalies",
    "CREATE TABLE nothing (a int)",
    "DROP TABLE anomalies",
    "CREATE SCHEMA nothing",
    "CREATE ROLE nothing",
    "GRANT SELECT ON anomalies TO PUBLIC",
    "COMMENT ON TABLE anomalies IS 'x'",
    "SELECT nextval('counted')",
    "SELECT * FROM anomalies FOR UPDATE",
    "ALTER TABLE anomalies ADD COLUMN c int",
    "CREATE VIEW nothing AS SELECT 1",
    "CREATE INDEX ON anomalies (value)",
)
ALLOWED = (
    "SELECT 1",
    "LOCK TABLE anomalies IN ACCESS SHARE MODE",
    "NOTIFY channel",
    "LISTEN channel",
    "SET search_path = public",
)


@pytest.mark.parametrize("statement", [*FORBIDDEN, *ALLOWED])
def test_what_a_read_only_transaction_may_do(statement: str, server: ServerProcess, postgres: str) -> None:
    """As in PostgreSQL: 25006 for whatever changes something that lasts, and nothing against the rest."""
    given = []
    for conninfo in (conninfo_of(server), postgres):
        prepare(conninfo, "hot")
        with Clients(conninfo, "A") as clients:
            clients.run(["A:CREATE SEQUENCE IF NOT EXISTS counted"])
            given.append(clients.run(["A:BEGIN READ ONLY", f"A:{statement}", "A:ROLLBACK"])[1][1])
    assert given[0] == given[1]
    assert (given[0] == "25006") == (statement in FORBIDDEN)


MESSAGES = (
    # Statements of one message are one transaction; BEGIN makes what came before a part of its block.
    "INSERT INTO anomalies VALUES (3, 30); SELECT 1 / 0",
    "INSERT INTO anomalies VALUES (3, 30); BEGIN; INSERT INTO anomalies VALUES (4, 40)",
    "INSERT INTO anomalies VALUES (3, 30); BEGIN; SELECT 1 / 0",
    "BEGIN; INSERT INTO anomalies VALUES (3, 30); COMMIT; INSERT INTO anomalies VALUES (4, 40); SELECT 1 / 0",
    "BEGIN; INSERT INTO anomalies VALUES (3, 30); ROLLBACK; INSERT INTO anomalies VALUES (4, 40)",
    "BEGIN; CREATE TABLE made (a int); INSERT INTO made VALUES (1); SELECT 1 / 0",
    "CREATE TABLE made (a int); INSERT INTO made VALUES (1); SELECT 1 / 0",
    "INSERT INTO anomalies VALUES (3, 30); SAVEPOINT a",
    "BEGIN; SAVEPOINT a; INSERT INTO anomalies VALUES (1, 1); COMMIT",
    "BEGIN; DELETE FROM anomalies; COMMIT AND CHAIN; INSERT INTO anomalies VALUES (3, 30); ROLLBACK",
)


@pytest.mark.parametrize("message", MESSAGES)
def test_messages_of_several_statements(message: str, server: ServerProcess, postgres: str) -> None:
    """What is there afterwards, in the session and once it rolls back, is what PostgreSQL has."""
    given = []
    for conninfo in (conninfo_of(server), postgres):
        prepare(conninfo, "hot")
        with Clients(conninfo, "A") as clients:
            steps = ["A:DROP TABLE IF EXISTS made", f"A:{message}", f"A:{ALL}", "A:ROLLBACK", f"A:{ALL}"]
            given.append(clients.run([*steps, "A:SELECT count(*) FROM made", "A:DROP TABLE IF EXISTS made"]))
    assert given[0] == given[1]
