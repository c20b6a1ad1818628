"""Schedules: what makes jobs by itself, at times or as tables grow.

`schedule` has the values: a `Schedule` as it is shown, a `NewSchedule` as it is asked for, a `ScheduleChange`. `timing`
says when one fires: by a cron expression, or every so often. `store` keeps in RocksDB what users made, and what must be
remembered of the rest. `policies` watches the growth of tables for their flush policies, `memory_pressure` the memory
that all hot rows take. `firing` makes the jobs of one
fire through the job manager, each under a key of the fire time, so that no crash and no second scheduler fires twice.
`scheduler` owns it all: one task that sleeps until the earliest time.
"""
