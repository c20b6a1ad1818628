"""Everything slow, as jobs that can be listed, waited for, paused and killed.

The life of a job:

1. Somebody hands a `JobRequest` (`request.py`) to the `JobManager` (`manager.py`, the interface; `asyncio_manager.py`,
   the one that server/app.py builds; `actor_manager.py`, with its `mailbox.py`, the proof that there can be others).
   Both have a `JobCore` (`core.py`), which decides and never waits; `owner.py` says who may change it. The job's type,
   a `JobBody` (`body.py`; one file each: `flush.py`, `cleanup.py`), checks the parameters: what is wrong with them is
   told to who asked, and no job is made.
2. `admission.py` looks for an active job with the same idempotency key. If there is one, the request is joined to it:
   the job will do what both asked. Otherwise a `JobRecord` (`record.py`) is written, status `new`, then `queued`. The
   id is returned when that is durable.
3. The `Runner` (`runner.py`) takes it from the queue (`run_queue.py`) when its time has come, if it was given one, and
   one of `max_concurrent` places is free, records an attempt (`run.py`, `attempts.py`), and once `running` is durable
   starts an asyncio task: `prepare`, which may say that there is nothing to do, and `run`. The work sees a `JobContext`
   (`context.py`): progress, checkpoints, threads, and the commit point, which settles the record in the same batch as
   the work itself.
4. `endings.py` says what the record becomes: completed, skipped, failed, or `retrying` until `next_run_at`
   (`retry.py`). A kill or a pause (`control.py`, `permissions.py`) is recorded first, durably; then the work is told to
   stop, at its next await or checkpoint; only when it has stopped does the record say `cancelled` or `paused`.
5. The record of an ended job moves from the active ones, which are in memory, to the history (`history.py`, `keys.py`,
   `routes.py`), which is not. Its idempotency key is free. Both are shown as one `view.py`. In the end the record is
   removed, by a job (`job_cleanup.py`, `expiry.py`).
6. When the server stops, running flushes may finish and the rest is queued for the next start. When it crashes,
   `recovery.py` says what becomes of whatever had not ended.

Every change goes through `store.py` as a compare-and-set on the record that was read, along the transitions of
`states.py`. It is told (to waiters, `listeners.py`, `log.py` and in `system.jobs`) only after it has become durable.
"""
