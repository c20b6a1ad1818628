"""Statements about jobs: they start jobs, control them, wait for them, and keep schedules that start more.

`planning` makes a `sql.plan.JobCommand` of a statement: the types of its parameters, and the query that finds the jobs
of a … JOBS WHERE. `running` is the one `match` over the statements, and refuses them inside a transaction block;
`columns` tells what each gives back.

`starting` makes the jobs that a statement asks for and waits for them where that is wanted; `flush` and `maintenance`
say which jobs those are. `control` kills, pauses, resumes and retries, `wait` waits. `waiting` is what all waits have
in common: the manager's events wake them, a time limit ends them with a WARNING, and a client that gives up is told
that the job goes on. `schedules` keeps schedules; `undrop` brings dropped tables back.
"""
