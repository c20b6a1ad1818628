"""Foreign keys made and dropped over hot and cold rows, beside other clients, over restarts, UNDROP and TRUNCATE."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, LiteralString

import psycopg
import pytest
from psycopg import errors

from tests.waiting_client import waiting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.server_process import ServerProcess

Connection = psycopg.Connection[tuple[Any, ...]]


@pytest.fixture
def admin(server: ServerProcess) -> Iterator[Connection]:
    """A superuser, in a schema of the test's own with a table of two keys."""
    with server.connect(autocommit=True) as connection:
        connection.execute("CREATE SCHEMA refers")
        connection.execute("SET search_path = refers")
        connection.execute("CREATE TABLE p (id int PRIMARY KEY, u text UNIQUE)")
        connection.execute("INSERT INTO p VALUES (1, 'one'), (2, 'two')")
        yield connection
        connection.execute("ROLLBACK")
        connection.execute("DROP SCHEMA refers CASCADE")


def other(server: ServerProcess) -> Connection:
    """Another client in the same schema."""
    connection = server.connect(autocommit=True)
    connection.execute("SET search_path = refers")
    connection.execute("SET lock_timeout = '60s'")
    return connection


def foreign_keys(connection: Connection) -> list[tuple[Any, ...]]:
    """Those of the schema, each with its table and the table that it refers to."""
    return connection.execute(
        "SELECT conname, conrelid::regclass::text, confrelid::regclass::text FROM pg_constraint"
        " WHERE contype = 'f' AND connamespace = 'refers'::regnamespace ORDER BY 1"
    ).fetchall()


def test_rows_of_both_sides_are_looked_at_wherever_they_are(admin: Connection) -> None:
    """Hot ones, cold ones, and those of the transaction itself; what it has deleted is not there."""
    admin.execute("CREATE TABLE c (id int PRIMARY KEY, p int)")
    admin.execute("INSERT INTO c VALUES (1, 1), (2, 3)")
    for table in ("p", "c"):
        admin.execute(f"FLUSH TABLE {table} WITH (wait)")  # type: ignore[arg-type]  # it is one of these two
    refer: LiteralString = "ALTER TABLE c ADD CONSTRAINT f FOREIGN KEY (p) REFERENCES p"
    with pytest.raises(errors.ForeignKeyViolation) as failed:
        admin.execute(refer)
    told = failed.value.diag
    assert told.message_primary == 'insert or update on table "c" violates foreign key constraint "f"'
    assert told.message_detail == 'Key (p)=(3) is not present in table "p".'
    assert (told.schema_name, told.table_name, told.constraint_name) == ("refers", "c", "f")
    admin.execute("INSERT INTO p VALUES (3)")
    admin.execute("BEGIN")
    admin.execute("DELETE FROM p WHERE id = 1")
    with pytest.raises(errors.ForeignKeyViolation, match="violates"):
        admin.execute(refer)
    admin.execute("ROLLBACK")
    admin.execute("BEGIN")
    admin.execute("DELETE FROM p WHERE id = 1")
    admin.execute("DELETE FROM c WHERE p = 1")
    admin.execute("INSERT INTO p VALUES (4)")
    admin.execute("INSERT INTO c VALUES (4, 4)")
    admin.execute(refer)
    admin.execute("COMMIT")
    assert foreign_keys(admin) == [("f", "c", "p")]


def test_writers_of_both_sides_are_waited_for(server: ServerProcess, admin: Connection) -> None:
    """What they commit meanwhile counts: a key that one has taken away, a row that another one has added."""
    admin.execute("CREATE TABLE c (p int)")
    admin.execute("INSERT INTO c VALUES (1)")
    for write in ("DELETE FROM p WHERE id = 1", "INSERT INTO c VALUES (7)"):
        with other(server) as writer:
            writer.execute("BEGIN")
            writer.execute(write)
            with waiting(server, admin, "ALTER TABLE c ADD FOREIGN KEY (p) REFERENCES p") as adding:
                writer.execute("COMMIT")
            with pytest.raises(errors.ForeignKeyViolation):
                adding.result()
        admin.execute("INSERT INTO p VALUES (1) ON CONFLICT DO NOTHING")
    assert foreign_keys(admin) == []


def test_writers_of_the_referenced_table_wait_for_a_new_one(server: ServerProcess, admin: Connection) -> None:
    """Until its transaction has ended; so do those who define another one."""
    with other(server) as definer, other(server) as writer:
        definer.execute("BEGIN")
        definer.execute("CREATE TABLE c (p int REFERENCES p)")
        with waiting(server, writer, "UPDATE p SET u = 'uno' WHERE id = 1") as writing:
            definer.execute("ROLLBACK")
        assert writing.result().rowcount == 1
        definer.execute("BEGIN")
        definer.execute("CREATE TABLE c (p int REFERENCES p)")
        with waiting(server, writer, "CREATE TABLE d (p int REFERENCES p)") as writing:
            definer.execute("COMMIT")
        writing.result()
    assert foreign_keys(admin) == [("c_p_fkey", "c", "p"), ("d_p_fkey", "d", "p")]


def test_a_snapshot_of_before_is_not_enough(server: ServerProcess, admin: Connection) -> None:
    """In REPEATABLE READ: rows that the transaction does not see would not have been tested."""
    admin.execute("CREATE TABLE c (p int)")
    admin.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
    admin.execute("SELECT count(*) FROM c, p")
    with other(server) as writer:
        writer.execute("DELETE FROM p WHERE id = 2")
    with pytest.raises(errors.SerializationFailure):
        admin.execute("ALTER TABLE c ADD FOREIGN KEY (p) REFERENCES p")


def test_a_dropped_table_comes_back_without_foreign_keys(admin: Connection) -> None:
    """Neither its own nor those to it, whether they went with it by CASCADE or its own table refers to itself."""
    admin.execute("CREATE TABLE c (id int PRIMARY KEY, p int REFERENCES p, up int REFERENCES c)")
    admin.execute("DROP TABLE c")
    admin.execute("UNDROP TABLE c")
    assert foreign_keys(admin) == []
    admin.execute("INSERT INTO c VALUES (1, 9, 9)")
    admin.execute("DROP TABLE p")
    admin.execute("UNDROP TABLE p")
    with pytest.raises(errors.ForeignKeyViolation):
        admin.execute("ALTER TABLE c ADD FOREIGN KEY (p) REFERENCES p")
    admin.execute("UPDATE c SET p = 1")
    admin.execute("ALTER TABLE c ADD FOREIGN KEY (p) REFERENCES p")
    with pytest.raises(errors.DependentObjectsStillExist):
        admin.execute("DROP TABLE p")
    admin.execute("DROP TABLE p CASCADE")
    admin.execute("UNDROP TABLE p")
    assert foreign_keys(admin) == []
    admin.execute("UPDATE c SET p = 10")


def test_truncate_keeps_them_between_the_tables_that_are_there(admin: Connection) -> None:
    """The new tables refer to each other as the ones of before did, and those are kept for nobody's foreign keys."""
    admin.execute("CREATE TABLE c (id int PRIMARY KEY, p int REFERENCES p, up int REFERENCES c)")
    admin.execute("CREATE TABLE d (c int REFERENCES c)")
    before = foreign_keys(admin)
    assert len(before) == 3
    admin.execute("TRUNCATE d")
    admin.execute("TRUNCATE c, d")
    admin.execute("TRUNCATE p CASCADE")
    assert foreign_keys(admin) == before
    with pytest.raises(errors.DependentObjectsStillExist):
        admin.execute("DROP TABLE p, c")
    admin.execute("DROP TABLE p, c, d")


def test_only_shared_tables_have_them(admin: Connection) -> None:
    """At neither side: there is no one set of rows of a user table, and a stream's rows go by themselves."""
    admin.execute("CREATE TABLE mine (id int PRIMARY KEY, p int) WITH (type = 'user')")
    admin.execute("CREATE TABLE events (id int PRIMARY KEY, p int) WITH (type = 'stream', ttl = '1 day')")
    statements: tuple[LiteralString, ...] = (
        "CREATE TABLE c (a int REFERENCES mine)",
        "CREATE TABLE c (a int REFERENCES events)",
        "ALTER TABLE mine ADD FOREIGN KEY (p) REFERENCES p",
        "ALTER TABLE events ADD FOREIGN KEY (p) REFERENCES p",
        "CREATE TABLE c (id int PRIMARY KEY, up int REFERENCES c) WITH (type = 'user')",
    )
    for statement in statements:
        with pytest.raises(errors.FeatureNotSupported, match=r"foreign keys of (user|stream) tables are not supported"):
            admin.execute(statement)
    assert foreign_keys(admin) == []


@pytest.mark.parametrize(
    ("referenced", "referencing"),
    [
        ("numeric(6,2)", "int"),
        ("numeric(6,2)", "numeric(6,3)"),
        ("timestamptz", "date"),
        ("date", "timestamp"),
        ("double precision", "real"),
        ("real", "double precision"),
        ("text", "char(3)"),
        ("char(4)", "char(3)"),
        ("bigint[]", "int[]"),
    ],
)
def test_other_types_that_postgres_compares_are_refused(admin: Connection, referenced: str, referencing: str) -> None:
    """Their keys are other bytes: it says so, and is not half there."""
    admin.execute(f"CREATE TABLE q (id {referenced} PRIMARY KEY)")  # type: ignore[arg-type]  # of the list above
    with pytest.raises(errors.FeatureNotSupported, match="between columns of different types is not supported"):
        admin.execute(f"CREATE TABLE c (a {referencing} REFERENCES q)")  # type: ignore[arg-type]  # the same
    assert foreign_keys(admin) == []


def test_a_restart_finds_them(server_factory: Callable[..., ServerProcess]) -> None:
    """With everything that was said of them, and what keeps others from dropping what they refer to."""
    first = server_factory()
    with first.connect(autocommit=True) as admin:
        admin.execute("CREATE TABLE p (id int PRIMARY KEY, v text)")
        admin.execute("CREATE TABLE c (a int, FOREIGN KEY (a) REFERENCES p ON DELETE SET NULL (a) INITIALLY DEFERRED)")
        admin.execute(
            "ALTER TABLE c ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES p MATCH FULL ON UPDATE CASCADE NOT VALID"
        )
        query: LiteralString = (
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'f' ORDER BY conname"
        )
        before = admin.execute(query).fetchall()
    first.kill()
    first.restart()
    with first.connect(autocommit=True) as admin:
        assert admin.execute(query).fetchall() == before
        with pytest.raises(errors.DependentObjectsStillExist):
            admin.execute("ALTER TABLE p DROP COLUMN id")
        admin.execute("DROP TABLE p, c")


def test_a_dumped_schema_loads(admin: Connection) -> None:
    """As pg_dump and Django write it: tables first, constraints behind them, and several statements in one string."""
    admin.execute(
        """
        CREATE TABLE refers.book (id bigint NOT NULL, author_id bigint NOT NULL);
        CREATE TABLE refers.author (id bigint NOT NULL, name character varying(40) NOT NULL);
        ALTER TABLE ONLY refers.author ADD CONSTRAINT author_pkey PRIMARY KEY (id);
        ALTER TABLE ONLY refers.book ADD CONSTRAINT book_pkey PRIMARY KEY (id);
        INSERT INTO refers.book VALUES (1, 1);
        INSERT INTO refers.author VALUES (1, 'Ann');
        ALTER TABLE ONLY refers.book
            ADD CONSTRAINT book_author_id_fk FOREIGN KEY (author_id) REFERENCES refers.author(id)
            DEFERRABLE INITIALLY DEFERRED;
        """
    )
    with admin.transaction():
        admin.execute(
            'SET CONSTRAINTS "book_author_id_fk" IMMEDIATE; ALTER TABLE "book" DROP CONSTRAINT "book_author_id_fk"'
        )
    assert foreign_keys(admin) == []
