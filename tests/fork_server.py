"""A process that has imported what a server imports, and forks one whenever a test asks: a start without the imports.

A server is started some 250 times in a run of the tests, and three quarters of the CPU time of a start are imports.
The fork runs `server.cli.main`, as `python -m server` does, with an environment, a folder and files of its own.
Nothing is open in the process that it is forked from, and modules have no state. That the command starts and ends well
by itself is what `tests/server/test_serve.py`, `test_cli.py` and `test_dockerfile.py` show. Writers to storage that a
fault is to kill are forked in the same way.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import gc
import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

ROOT = Path(__file__).parents[1]
IMPORTED = ("server.cli", "server.app")
REQUEST_BYTES = 128 * 1024


class Forked:
    """A process that was forked: the part of `subprocess.Popen` that tests use."""

    def __init__(self, pid: int, stdout: BinaryIO, status: BinaryIO) -> None:
        self.pid = pid
        self.stdout = stdout
        self.returncode: int | None = None
        self._status = status

    def poll(self) -> int | None:
        """The exit code if it has ended; that of a signal is negative."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it has ended. Raises `subprocess.TimeoutExpired`."""
        if self.returncode is None:
            ready, _, _ = select.select([self._status], [], [], timeout)
            if not ready:
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0)
            status = self._status.read()
            assert status, "the fork server has ended"
            self.returncode = int(status)
            self._status.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)


class ForkServer:
    """The process that forks, from the side of the tests."""

    def __init__(self) -> None:
        ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        command = [sys.executable, "-m", "tests.fork_server", str(its.fileno())]
        with its:
            self._process = subprocess.Popen(
                command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, pass_fds=[its.fileno()]
            )
        self._socket = ours
        self._lock = threading.Lock()

    def fork(
        self, main: str, arguments: Sequence[str], cwd: Path, environ: Mapping[str, str], stderr: int = 2
    ) -> Forked:
        """Run a `module:function` with these arguments. Its stdout is a pipe, `stderr` the file that it writes on."""
        request = json.dumps([main, arguments, str(cwd), dict(environ)]).encode()
        assert len(request) < REQUEST_BYTES
        stdout, its_stdout = os.pipe()
        status, its_status = os.pipe()
        with self._lock:
            socket.send_fds(self._socket, [request], [its_stdout, stderr, its_status])
            os.close(its_stdout)
            os.close(its_status)
            pid = self._socket.recv(32)
        assert pid, "the fork server has ended"
        return Forked(int(pid), os.fdopen(stdout, "rb"), os.fdopen(status, "rb"))

    def close(self) -> None:
        """End it, and with it what still runs of what it has forked."""
        self._socket.close()
        self._process.wait()


@functools.cache
def fork_server() -> ForkServer:
    """The one of this process: it is started when it is first asked for."""
    made = ForkServer()
    atexit.register(made.close)
    return made


class Forking:
    """The same from the inside: the process has one thread of its own, and forks where nothing is under way."""

    def __init__(self, requests: socket.socket) -> None:
        self._requests = requests
        self._statuses: dict[int, int] = {}
        """By process id where to write the exit code."""
        self._ended, self._end = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)

    def run(self) -> Callable[[], int | None] | None:
        """Returns in each process that was forked, with what it is to do, and with `None` when the tests have ended."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._end)
        while True:
            ready, _, _ = select.select([self._requests, self._ended], [], [])
            if self._ended in ready:
                os.read(self._ended, 1024)
                self._reap()
            if self._requests in ready:
                request, files, _, _ = socket.recv_fds(self._requests, REQUEST_BYTES, 3)
                if not request:
                    return self._kill_all()
                pid = os.fork()
                if pid == 0:
                    return self._become(json.loads(request), *files)
                stdout, stderr, self._statuses[pid] = files
                os.close(stdout)
                os.close(stderr)
                self._requests.send(str(pid).encode())

    def _become(self, request: list[Any], stdout: int, stderr: int, status: int) -> Callable[[], int | None]:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.dup2(stdout, 1)
        os.dup2(stderr, 2)
        for file in (stdout, stderr, status, self._ended, self._end, *self._statuses.values()):
            os.close(file)
        self._requests.close()
        main, arguments, cwd, environ = request
        os.chdir(cwd)
        os.environ.clear()
        os.environ.update(environ)
        module, _, function = main.partition(":")
        return functools.partial(getattr(importlib.import_module(module), function), arguments)

    def _reap(self) -> None:
        with contextlib.suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                status = self._statuses.pop(ended[0])
                # Nobody reads it once the tests have let go of the server.
                with contextlib.suppress(BrokenPipeError):
                    os.write(status, str(os.waitstatus_to_exitcode(ended[1])).encode())
                os.close(status)

    def _kill_all(self) -> None:
        for pid in self._statuses:
            os.kill(pid, signal.SIGKILL)


def main() -> None:
    """Import, then fork on request; in a fork, do what it is for."""
    for name in IMPORTED:
        importlib.import_module(name)
    # What has been read in is no garbage, and is not to be copied by a collector that looks at it.
    gc.collect()
    gc.freeze()
    run = Forking(socket.socket(fileno=int(sys.argv[1]))).run()
    code = 0
    if run is not None:
        try:
            code = run() or 0
        finally:
            gc.unfreeze()
        for thread in threading.enumerate():
            if thread is not threading.main_thread() and not thread.daemon:
                thread.join()
        sys.stderr.flush()
    # To take down thousands of modules one by one costs as much as the start did.
    os._exit(code)


if __name__ == "__main__":
    main()
