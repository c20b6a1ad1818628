"""Fixtures for every test."""

from tests.oracle import postgres
from tests.server_process import server, server_factory, server_processes

__all__ = ["postgres", "server", "server_factory", "server_processes"]
