"""What can go wrong with schedules. The docstring of a class is its default message."""

from __future__ import annotations

from jobs.errors import JobError


class NoSuchSchedule(JobError):
    """schedule does not exist"""

    def __init__(self, schedule_name: str) -> None:
        super().__init__(f'schedule "{schedule_name}" does not exist')
        self.schedule_name = schedule_name


class ScheduleExists(JobError):
    """schedule already exists"""

    def __init__(self, schedule_name: str) -> None:
        super().__init__(f'schedule "{schedule_name}" already exists')
        self.schedule_name = schedule_name


class InvalidSchedule(JobError):
    """invalid schedule"""


class ScheduleNotAllowed(JobError):
    """permission denied for schedule"""

    def __init__(self, message: str, *, hint: str) -> None:
        super().__init__(message, hint=hint)
