"""The grammar of the statements about jobs: every form, and where each error stands."""

from __future__ import annotations

import pytest
from sqlglot import exp

from sql import job_syntax as s
from sql.dialect import parse_script
from sql.errors import FeatureNotSupported, InvalidParameterValue, SqlError, SqlSyntaxError
from sql.names import QualifiedName
from sql.statements import ExplainStatement


def _one(text: str) -> object:
    (statement,) = parse_script(text)
    return statement.tree


def _table(name: str, position: int, namespace: str | None = None) -> QualifiedName:
    return QualifiedName(namespace, name, position)


WAIT = s.StartOptions(wait=True)
FLUSH_T = s.FlushTable(_table("t", 13))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("flush table a.b", s.FlushTable(_table("b", 13, "a"))),
        ('FLUSH TABLE "A"."b c"', s.FlushTable(_table("b c", 13, "A"))),
        (
            "flush table t with (wait = false, timeout = '30s', idempotency_key = 'k', priority = -1)",
            s.FlushTable(_table("t", 13), s.StartOptions(False, 30_000, "k", -1)),
        ),
        ("flush table t with (wait)", s.FlushTable(_table("t", 13), WAIT)),
        ("flush table t with (wait = 'on')", s.FlushTable(_table("t", 13), WAIT)),
        (
            "flush table t with (timeout = $1, idempotency_key = $2)",
            s.FlushTable(
                _table("t", 13), s.StartOptions(timeout=s.Parameter(1, 31), idempotency_key=s.Parameter(2, 53))
            ),
        ),
        ("flush all tables", s.FlushAllTables()),
        ("flush all", s.FlushAllTables()),
        ("flush all tables in namespace x with (wait = true)", s.FlushAllTables("x", WAIT)),
        ("flush all tables in schema x", s.FlushAllTables("x")),
        ("storage flush table t", s.FlushTable(_table("t", 21))),
        ("storage flush all", s.FlushAllTables()),
        ("compact table a.t with (wait)", s.CompactTable(_table("t", 15, "a"), WAIT)),
        ("vacuum", s.Vacuum()),
        ("vacuum with (wait)", s.Vacuum(options=WAIT)),
        ("vacuum full t", s.Vacuum((_table("t", 13),))),
        ("vacuum freeze verbose analyze t", s.Vacuum((_table("t", 31),), ignored=("freeze", "verbose", "analyze"))),
        (
            "vacuum (full, verbose off, skip_locked true, parallel 2) a, n.b with (wait)",
            s.Vacuum((_table("a", 58), _table("b", 61, "n")), ("skip_locked", "parallel"), WAIT),
        ),
        ("undrop table a.t", s.UndropTable(_table("t", 14, "a"))),
        ("backup database to 'b' with (wait)", s.BackupDatabase("b", WAIT)),
        ("restore database from 'b'", s.RestoreDatabase("b")),
        ("restore database from $1", s.RestoreDatabase(s.Parameter(1, 23))),
    ],
)
def test_statements_that_start_jobs(text: str, expected: object) -> None:
    """FLUSH, COMPACT, VACUUM, UNDROP, BACKUP and RESTORE, in every form."""
    assert _one(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("kill job 'FL-1'", s.ControlJobs("kill", s.OneJob("FL-1"))),
        (
            "kill job 'FL-1' async timeout '1min' reason 'why'",
            s.ControlJobs("kill", s.OneJob("FL-1"), False, 60_000, "why"),
        ),
        (
            "KILL JOB 'FL-1' REASON 'it''s' TIMEOUT '0' SYNC",
            s.ControlJobs("kill", s.OneJob("FL-1"), True, 0, "it's"),
        ),
        (
            "kill job $1 timeout $3 reason $2",
            s.ControlJobs("kill", s.OneJob(s.Parameter(1, 10)), True, s.Parameter(3, 21), s.Parameter(2, 31)),
        ),
        ("pause job 'a'", s.ControlJobs("pause", s.OneJob("a"))),
        ("pause job 'a' async", s.ControlJobs("pause", s.OneJob("a"), False)),
        ("pause job 'a' timeout '500ms'", s.ControlJobs("pause", s.OneJob("a"), True, 500)),
        ("resume job 'a'", s.ControlJobs("resume", s.OneJob("a"))),
        ("retry job $1", s.ControlJobs("retry", s.OneJob(s.Parameter(1, 11)))),
        ("wait job 'a'", s.WaitJobs(s.OneJob("a"))),
        ("wait job 'a' timeout '30s'", s.WaitJobs(s.OneJob("a"), 30_000)),
    ],
)
def test_statements_about_one_job(text: str, expected: object) -> None:
    """KILL, PAUSE, RESUME, RETRY and WAIT of a job by its id."""
    assert _one(text) == expected


PREDICATES = [
    "status = 'running'",
    "cancel_reason = 'sync'",
    "status = $1 AND table_name IN ('a', 'b')",
    "job_id IN (SELECT job_id FROM system.jobs ORDER BY created_at LIMIT 3)",
    "message LIKE '%timeout' OR NOT parameters->>'reason' = 'x'",
    "\"reason\" = 'x'",
    "created_at < now() - interval '1 hour'",
    "substring(message from 1 for 3) IS DISTINCT FROM 'abc'",
    "CASE WHEN status = 'failed' THEN true END",
    "true",
]
OPTIONS = {
    "": (True, None, None),
    " SYNC": (True, None, None),
    " ASYNC": (False, None, None),
    " TIMEOUT '5s'": (True, 5000, None),
    " REASON 'async' SYNC TIMEOUT '5s'": (True, 5000, "async"),
    " async reason 'a reason'": (False, None, "a reason"),
}


@pytest.mark.parametrize("predicate", PREDICATES)
def test_options_behind_a_predicate(predicate: str) -> None:
    """The predicate of … JOBS WHERE is told from the options behind it, whatever it ends with."""
    states = "'new', 'queued', 'running', 'retrying', 'pausing', 'paused', 'cancelling'"
    (query,) = parse_script(
        f"SELECT job_id FROM (SELECT * FROM system.jobs WHERE status IN ({states})) AS jobs WHERE {predicate} "
        "ORDER BY created_at, job_id"
    )
    for options, (sync, timeout, reason) in OPTIONS.items():
        tree = _one(f"KILL JOBS WHERE {predicate}{options}")
        assert isinstance(tree, s.ControlJobs)
        assert isinstance(tree.target, s.JobsWhere)
        assert isinstance(query.tree, exp.Select)
        assert tree.target.query == query.tree
        assert (tree.sync, tree.timeout, tree.reason) == (sync, timeout, reason)


def test_parameters_behind_a_predicate() -> None:
    """`$n` is a parameter of the predicate or of an option, depending on the word before it."""
    tree = _one("KILL JOBS WHERE owner = $1 TIMEOUT $2 REASON $3")
    assert isinstance(tree, s.ControlJobs)
    assert (tree.timeout, tree.reason) == (s.Parameter(2, 36), s.Parameter(3, 46))
    tree = _one("WAIT JOBS WHERE priority > $1")
    assert isinstance(tree, s.WaitJobs)
    assert tree.timeout is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "create schedule n cron '* * * * *' timezone 'Europe/Paris' on overlap queue as flush table t",
            s.CreateSchedule("n", "* * * * *", s.FlushTable(_table("t", 92)), "Europe/Paris", "queue"),
        ),
        (
            "create schedule if not exists n on overlap skip cron '0 2 * * *' as vacuum",
            s.CreateSchedule("n", "0 2 * * *", s.Vacuum(), None, "skip", True),
        ),
        (
            "create schedule n cron '@daily' as backup database to 'b'",
            s.CreateSchedule("n", "@daily", s.BackupDatabase("b")),
        ),
        ("alter schedule n pause", s.AlterSchedule("n", paused=True)),
        ("alter schedule n resume", s.AlterSchedule("n", paused=False)),
        ("alter schedule n cron '0 * * * *'", s.AlterSchedule("n", cron="0 * * * *")),
        (
            "alter schedule n cron '0 * * * *' timezone 'UTC' on overlap queue",
            s.AlterSchedule("n", cron="0 * * * *", timezone="UTC", on_overlap="queue"),
        ),
        ("drop schedule a, b", s.DropSchedule(("a", "b"))),
        ('drop schedule if exists "A b"', s.DropSchedule(("A b",), True)),
        ("run schedule n", s.RunSchedule("n")),
        ("run schedule n with (wait)", s.RunSchedule("n", WAIT)),
    ],
)
def test_schedules(text: str, expected: object) -> None:
    """CREATE, ALTER, DROP and RUN SCHEDULE."""
    assert _one(text) == expected


def test_explain_of_a_flush() -> None:
    """EXPLAIN takes the statement as any other."""
    tree = _one("explain flush table t")
    assert isinstance(tree, ExplainStatement)
    assert tree.statement.tree == s.FlushTable(_table("t", 21))


END = "syntax error at end of input"


def _near(text: str) -> str:
    return f'syntax error at or near "{text}"'


CONFLICT = "conflicting or redundant options"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("flush @b", _near("b")),
        ("flush table@", END),
        ("flush table t with @wait", _near("wait")),
        ("flush table t with (@)", _near(")")),
        ("flush table t with (wait, @wait = false)", CONFLICT),
        ("flush table t with (timeout@)", _near(")")),
        ("flush table t with (wait = @maybe)", _near("maybe")),
        ("flush table t with (priority = @'1')", _near("'1'")),
        ("flush table t with (wait) @t", _near("t")),
        ("flush all tables in @table x", _near("table")),
        ("compact @t", _near("t")),
        ("vacuum (@bogus) t", 'unrecognized VACUUM option "bogus"'),
        ("vacuum (full t@", END),
        ("vacuum freeze @full t", _near("full")),
        ("undrop @t", _near("t")),
        ("undrop table a@, b", _near(",")),
        ("backup database @'b'", _near("'b'")),
        ("backup database to @b", _near("b")),
        ("restore database @to 'b'", _near("to")),
        ("kill@", END),
        ("kill @'FL-1'", _near("'FL-1'")),
        ("kill job@", END),
        ("kill job @FL", _near("FL")),
        ("kill job 'a' @bogus", _near("bogus")),
        ("kill job 'a' timeout@", END),
        ("kill job 'a' timeout @10", _near("10")),
        ("kill job 'a' sync @async", CONFLICT),
        ("kill job 'a' sync @sync", CONFLICT),
        ("kill job 'a' reason 'a' @reason 'b'", CONFLICT),
        ("kill job 'a' timeout '1s' sync @timeout '1s'", CONFLICT),
        ("kill job 'a'@, 'b'", _near(",")),
        ("kill jobs@", END),
        ("kill jobs @'a'", _near("'a'")),
        ("kill jobs where@", END),
        ("kill jobs where @async", _near("async")),
        ("kill jobs where a async @sync", CONFLICT),
        ("kill jobs where status = 'x' @order by created_at", _near("order by")),
        ("kill jobs where true @limit 1", _near("limit")),
        ("kill jobs where true @union select 'a'", _near("union")),
        ("kill jobs where true@, false", _near(",")),
        ("kill jobs where (true@", END),
        ("kill jobs where true@)", _near(")")),
        ("kill jobs where @*", _near("*")),
        ("kill jobs where a @b", _near("b")),
        ("kill jobs where a @as b", _near("as")),
        ("pause job 'a' @reason 'b'", _near("reason")),
        ("pause job 'a' sync @reason 'b'", _near("reason")),
        ("resume job 'a' @sync", _near("sync")),
        ("resume jobs where true @async", _near("async")),
        ("retry job 'a' @timeout '1s'", _near("timeout")),
        ("wait job 'a' @sync", _near("sync")),
        ("wait jobs where status = 'x' @sync", _near("sync")),
        ("create schedule n @as vacuum", _near("as")),
        ("create schedule n cron '* * * * *'@", END),
        ("create schedule n cron '* * * * *' as@", END),
        ("create schedule n cron @5 as vacuum", _near("5")),
        ("create schedule n cron 'a' @cron 'b' as vacuum", CONFLICT),
        ("create schedule n cron 'a' on overlap @fail as vacuum", _near("fail")),
        ("alter schedule n@", END),
        ("alter schedule n pause @cron 'a'", _near("cron")),
        ("alter schedule n @stop", _near("stop")),
        ("drop schedule@", END),
        ("run schedule@", END),
        ("run @n", _near("n")),
    ],
)
def test_syntax_errors(text: str, message: str) -> None:
    """What does not fit is named, at its place: `@` marks it."""
    with pytest.raises(SqlSyntaxError) as caught:
        parse_script(text.replace("@", ""))
    assert caught.value.message == message
    assert caught.value.position == text.index("@") + 1


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("flush table t with (@wiat)", InvalidParameterValue, 'unrecognized option "wiat"'),
        ("flush table t with (wait = @'maybe')", InvalidParameterValue, '"maybe" is not a Boolean value'),
        ("flush table t with (idempotency_key = @'')", InvalidParameterValue, "idempotency_key must not be empty"),
        (
            "flush table t with (priority = @2147483648)",
            InvalidParameterValue,
            "priority 2147483648 is out of range for type integer",
        ),
        ("kill job 'a' timeout @'soon'", InvalidParameterValue, "'soon' is not a duration, as '300s'"),
        ("wait job 'a' timeout @'-1s'", InvalidParameterValue, "'-1s' is not a duration, as '300s'"),
        ("vacuum t @(a)", FeatureNotSupported, "VACUUM of columns is not supported"),
        ("create schedule n cron 'a' as @select 1", FeatureNotSupported, "a schedule cannot run this statement"),
        (
            "create schedule n cron 'a' as @restore database from 'b'",
            FeatureNotSupported,
            "a schedule cannot run this statement",
        ),
        (
            "create schedule n cron 'a' as @flush table t with (wait)",
            FeatureNotSupported,
            "the statement of a schedule takes no options",
        ),
        (
            "create schedule n cron 'a' as backup database to @$1",
            FeatureNotSupported,
            "the statement of a schedule takes no parameters",
        ),
    ],
)
def test_values_that_are_refused(text: str, error: type[SqlError], message: str) -> None:
    """What reads well and makes no sense is refused at its place: `@` marks it."""
    with pytest.raises(error) as caught:
        parse_script(text.replace("@", ""))
    assert caught.value.message.startswith(message)
    assert caught.value.position == text.index("@") + 1
