"""Fixtures for every test."""

from tests.oracle import postgres

__all__ = ["postgres"]
