-- Statements about jobs: KILL, PAUSE, RESUME, RETRY, WAIT; COMPACT, VACUUM; DROP and UNDROP; schedules.
\pset format unaligned
CREATE SCHEMA ops;
CREATE TABLE ops.a (id bigint PRIMARY KEY, v text);
CREATE TABLE ops.b (id bigint PRIMARY KEY);
INSERT INTO ops.a SELECT n, 'row ' || n FROM generate_series(1, 100) AS g(n);
INSERT INTO ops.b VALUES (1);
EXPLAIN FLUSH TABLE ops.a;
SELECT count(*) FROM system.jobs WHERE namespace = 'ops';
FLUSH ALL TABLES IN SCHEMA ops WITH (wait);
DELETE FROM ops.a WHERE id <= 20;
VACUUM ops.a WITH (wait);
COMPACT TABLE ops.a WITH (wait);
VACUUM (VERBOSE, ANALYZE) ops.b WITH (timeout = '30s');
-- A dropped table waits for a while before its space is reclaimed: its job is queued, and can be controlled.
DROP TABLE ops.a, ops.b;
SELECT job_id AS job FROM system.jobs WHERE namespace = 'ops' AND table_name = 'a' AND job_type = 'cleanup' \gset
WAIT JOB :'job' TIMEOUT '1ms' \gset waited_
SELECT :'waited_status', :'waited_table_name';
PAUSE JOB :'job';
PAUSE JOB :'job';
RESUME JOB :'job';
RESUME JOB :'job';
UNDROP TABLE ops.a;
SELECT count(*), min(id), max(v) FROM ops.a;
WAIT JOB :'job';
KILL JOB :'job';
UNDROP TABLE ops.a;
UNDROP TABLE ops.c;
KILL JOBS WHERE namespace = 'ops' AND status = 'queued' REASON 'the script ends';
KILL JOBS WHERE namespace = 'ops' AND job_type = 'cleanup' ASYNC TIMEOUT '1s';
SELECT table_name, status, message, cancel_reason FROM system.jobs WHERE namespace = 'ops' AND job_type = 'cleanup' ORDER BY table_name;
RETRY JOBS WHERE namespace = 'ops' AND table_name = 'b' AND status = 'cancelled' \gset retried_
WAIT JOBS WHERE job_id = :'retried_job_id' \gset waited_
SELECT :'waited_status', :'waited_message';
UNDROP TABLE ops.b;
-- What is wrong with a statement is shown at its place.
KILL JOBS WHERE status = 'running' LIMIT 3;
KILL JOBS WHERE nope;
KILL JOB 'x' SYNC ASYNC;
KILL JOB 'x' TIMEOUT 'soon';
RESUME JOB 'x' SYNC;
WAIT JOB 'FL-000000000000';
VACUUM (SIDEWAYS) ops.a;
COMPACT TABLE pg_class;
EXPLAIN KILL JOB 'x';
FLUSH TABLE ops.a WITH (wiat);
PREPARE stop(text) AS KILL JOB $1 REASON 'prepared';
EXECUTE stop('FL-000000000000');
BEGIN;
EXECUTE stop('FL-000000000000');
ROLLBACK;
-- Schedules.
CREATE SCHEDULE yearly CRON '0 0 1 1 *' TIMEZONE 'Europe/Paris' ON OVERLAP QUEUE AS FLUSH TABLE ops.a;
CREATE SCHEDULE IF NOT EXISTS yearly CRON '0 0 1 1 *' AS VACUUM;
SELECT cron, timezone, statement, source, paused, on_overlap FROM system.schedules WHERE schedule_name = 'yearly';
INSERT INTO ops.a VALUES (1000, 'new');
RUN SCHEDULE yearly WITH (wait);
RUN SCHEDULE yearly WITH (wait);
ALTER SCHEDULE yearly PAUSE;
ALTER SCHEDULE yearly CRON '0 0 1 2 *' TIMEZONE 'UTC';
SELECT cron, timezone, paused, next_run_at FROM system.schedules WHERE schedule_name = 'yearly';
ALTER SCHEDULE yearly CRON 'often';
ALTER SCHEDULE yearly TIMEZONE 'Mars/Olympus';
DROP SCHEDULE yearly;
DROP SCHEDULE yearly;
DROP SCHEDULE IF EXISTS yearly;
CREATE SCHEDULE wrong CRON '0 0 1 1 *' AS DELETE FROM ops.a;
CREATE SCHEDULE wrong CRON '0 0 1 1 *' AS FLUSH TABLE ops.nope;
CREATE SCHEDULE wrong CRON '0 0 31 2 *' AS VACUUM;
SET client_min_messages = warning;
DROP SCHEMA ops CASCADE;
