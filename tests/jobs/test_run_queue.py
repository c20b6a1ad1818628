"""The queue against a plain list."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from jobs.run_queue import RunQueue

JOBS = [f"J{number}" for number in range(6)]
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("push"), st.sampled_from(JOBS), st.integers(-2, 2)),
        st.tuples(st.just("remove"), st.sampled_from(JOBS)),
        st.tuples(st.just("pop")),
    ),
    max_size=60,
)


@given(STEPS)
def test_the_queue_is_a_list_sorted_by_priority(steps: list[tuple]):
    """Whatever is pushed and removed, pop gives the oldest of the highest priority, each job once."""
    queue = RunQueue()
    model: list[tuple[str, int]] = []
    for step in steps:
        match step:
            case ("push", job, priority):
                queue.push(job, priority)
                if all(job != queued for queued, _ in model):
                    model.append((job, priority))
            case ("remove", job):
                queue.remove(job)
                model = [(queued, priority) for queued, priority in model if queued != job]
            case ("pop",):
                expected = max(model, key=lambda entry: entry[1], default=None)
                assert queue.pop() == (expected and expected[0])
                if expected is not None:
                    model.remove(expected)
        assert len(queue) == len(model)
