"""The queue against a plain list."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from jobs.run_queue import RunQueue

JOBS = [f"J{number}" for number in range(6)]
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("push"), st.sampled_from(JOBS), st.integers(-2, 2), st.none() | st.integers(0, 9)),
        st.tuples(st.just("remove"), st.sampled_from(JOBS)),
        st.tuples(st.just("pop"), st.integers(0, 2)),
    ),
    max_size=60,
)


@given(STEPS)
def test_the_queue_is_a_list_sorted_by_priority(steps: list[tuple]):
    """Whatever is pushed and removed, pop gives the oldest of the highest priority whose time has come, each job once.

    A job whose time comes is as old as if it had been pushed then.
    """
    queue = RunQueue()
    model: list[tuple[str, int]] = []
    later: list[tuple[int, str, int]] = []
    now = 0
    for step in steps:
        if step[0] != "pop":
            model = [entry for entry in model if entry[0] != step[1]]
            later = [entry for entry in later if entry[1] != step[1]]
        match step:
            case ("push", job, priority, None):
                queue.push(job, priority)
                model.append((job, priority))
            case ("push", job, priority, not_before):
                queue.push(job, priority, not_before)
                later.append((not_before, job, priority))
            case ("remove", job):
                queue.remove(job)
            case ("pop", passed):
                now += passed
                due = sorted((entry for entry in later if entry[0] <= now), key=lambda entry: entry[0])
                model += [(job, priority) for _, job, priority in due]
                later = [entry for entry in later if entry[0] > now]
                expected = max(model, key=lambda entry: entry[1], default=None)
                assert queue.pop(now) == (expected and expected[0])
                if expected is not None:
                    model.remove(expected)
        assert len(queue) == len(model) + len(later)
        assert queue.next_due_us == min((at for at, _, _ in later), default=None)


def test_what_was_removed_takes_no_room():
    """Entries of jobs that were taken out before their time do not pile up."""
    queue = RunQueue()
    for number in range(10_000):
        queue.push(f"J{number}", 0, 1_000_000)
        queue.remove(f"J{number}")
    assert len(queue._later) < 100
