"""A client's connection: bytes from the socket → messages → `Steps` → bytes to the socket.

There is no task for a connection. When data arrives, `_pump` deals with messages one after the other for as long as
nothing has to wait; when something has to, a task is made for that alone, and its end goes on pumping. All that is said
in between leaves in one write.
"""

from __future__ import annotations

import asyncio
import socket
from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast

from server.authentication import Peer
from server.conversation import Conversation
from server.errors import ConnectionLost, TooManyConnections, error_fields, log_unexpected
from server.idle_timer import IdleTimer
from server.output import FULL_BYTES, Output
from server.protocol import NEED_DATA, ProtocolError, ServerProtocol, ServerStep, State, backend
from server.startup import Startup
from server.step_runner import StepRunner
from sql.errors import AdminShutdown, IdleInTransactionTimeout, ProgramLimitExceeded, QueryCanceled

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from server.context import ConnectionContext
    from server.steps import Steps
    from sql.session import Session
    from storage.engine import Commit

READ_AHEAD_BYTES: Final = 1 << 20
"""How much of a client's pipeline is read while a statement runs."""

TURN_S: Final = 0.004
"""How long a client's pipeline is dealt with before others get their turn."""

TOO_MANY_NOTIFICATIONS: Final = "terminating connection because too many notifications wait for it to read them"

LAST_WORDS_S: Final = 5.0
"""How long a client has to read why it is being disconnected."""


class Connection(asyncio.Protocol):
    """One client, from its first byte to its last."""

    def __init__(self, context: ConnectionContext) -> None:
        self._context = context
        self._loop = asyncio.get_running_loop()
        self._protocol = ServerProtocol(context.max_message_bytes)
        self._conversation: Conversation | None = None
        self._idle_timer: IdleTimer | None = None
        self._runner = StepRunner(self._end, self._go_on)
        self._reading_paused = False
        self._next_turn: asyncio.Handle | None = None
        # Why the connection ends: now, or after the statement that runs.
        self._ending: Exception | None = None
        self._ending_later: Exception | None = None
        self._silent = False
        self._disconnected = False
        self._closing: asyncio.Task[None] | None = None
        self._session_closed = False
        self._abort_timer: asyncio.TimerHandle | None = None
        self._gone: asyncio.Future[None] = self._loop.create_future()

    # The transport calls these.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The client has connected."""
        self._transport = cast("asyncio.Transport", transport)
        self._output = Output(self._transport)
        peer = _peer_of(self._transport)
        self._startup = Startup(
            self._context, self, self._protocol, self._output, peer, self._start_tls, self._begin_conversation
        )
        self._handlers: Mapping[type, Callable[[Any], Steps | None]] = self._startup.handlers
        registry = self._context.registry
        is_crowded = registry.is_crowded
        registry.add(self)
        self._authentication_timer = self._loop.call_later(
            self._context.authentication_timeout_s, self._authentication_timed_out
        )
        if is_crowded:
            self._end(TooManyConnections(), silently=True)
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        """The client sent bytes."""
        runner = self._runner
        conversation = self._conversation
        if (
            conversation is not None
            and runner.steps is None
            and self._protocol.awaits_request
            and self._ending is None
            and not self._output.paused
        ):
            answer = conversation.answer_point_request(data)
            if answer is not None:
                self._send_answer(*answer)
                return
        self._protocol.receive_data(data)
        if self._next_turn is None and (runner.steps is None or runner.awaits_message):
            self._pump()
        if runner.steps is not None or self._next_turn is not None or self._output.paused:
            self._read_ahead()

    def _send_answer(self, reply: bytes, commit: Commit | None) -> None:
        """Send the answer to a point request, now or when its commit is durable."""
        assert self._idle_timer is not None, "there is a conversation"
        if commit is None:
            if self._output.buffer:
                # What the client has not asked to be flushed so far.
                self._output.write(reply)
                self._output.flush()
            else:
                self._transport.write(reply)
            self._idle_timer.restart()
        else:
            self._idle_timer.stop()
            self._runner.run_until_durable(commit, partial(self._send_durable_answer, reply))

    def _send_durable_answer(self, reply: bytes, commit: Commit) -> None:
        conversation = self._conversation
        assert conversation is not None, "it has answered"
        conversation.add_answer(reply, commit)
        if self._ending is None and not self._protocol.awaits_request:
            self._pump()
        elif self._ending is None and self._ending_later is None:
            self._output.flush()
        else:
            self._go_on()

    def pause_writing(self) -> None:
        """The client does not read what it is sent."""
        self._output.pause()

    def resume_writing(self) -> None:
        """The client reads again."""
        self._output.resume()
        self._pump()
        self.send_notifications()

    def connection_lost(self, _error: Exception | None) -> None:
        """The socket is closed, by either side."""
        self._disconnected = True
        if self._abort_timer is not None:
            self._abort_timer.cancel()
        self._output.resume()
        if self._ending is None:
            self._end(ConnectionLost())
        self._settle()

    # What others may ask of a connection.

    def cancel_running(self) -> None:
        """Interrupt the running statement, which then fails with 57014; without one do nothing."""
        if self._conversation is not None:
            self._runner.interrupt(QueryCanceled())

    async def terminate(self, error: Exception, *, interrupt: bool = False) -> None:
        """Tell the client why and disconnect it; return when its session has ended.

        A client that waits for a statement gets its result first, unless `interrupt` stops the statement.
        """
        if interrupt or self._is_idle:
            self._end(error)
        else:
            self._ending_later = error
        await asyncio.shield(self._gone)

    def send_notifications(self) -> None:
        """Send the session's notifications now, if its client waits for nothing and reads what it is sent."""
        waits = self._runner.steps is not None or self._output.paused
        if self._conversation is not None and not waits and self._ending is None:
            self._conversation.send_notifications()

    def _too_many_notifications(self) -> None:
        self._end(ProgramLimitExceeded(TOO_MANY_NOTIFICATIONS))

    # Messages.

    @property
    def _is_idle(self) -> bool:
        return self._runner.steps is None and (self._conversation is None or self._conversation.is_idle)

    def _pump(self) -> None:
        """Deal with the messages that are there until something must wait, or others should have their turn."""
        output = self._output
        runner = self._runner
        if self._idle_timer is not None:
            self._idle_timer.stop()
        end_of_turn = self._loop.time() + TURN_S
        protocol = self._protocol
        while (
            protocol.buffered_bytes
            and (runner.steps is None or runner.awaits_message)
            and not output.paused
            and self._ending is None
        ):
            if self._loop.time() > end_of_turn:
                self._take_another_turn()
                break
            try:
                if not self._handle_messages(end_of_turn):
                    break
            except Exception as error:  # noqa: BLE001 - whatever it was, the client is told or the connection ends.
                self._fail(error)
        if output.flush_wanted:
            output.flush()
        if self._reading_paused:
            self._read_ahead()
        if runner.steps is None and self._next_turn is None:
            self._after_messages()

    def _take_another_turn(self) -> None:
        if self._next_turn is None:
            self._next_turn = self._loop.call_soon(self._begin_turn)

    def _begin_turn(self) -> None:
        self._next_turn = None
        if self._ending is None:
            self._pump()

    def _handle_messages(self, end_of_turn: float) -> bool:
        """Hand messages to their handlers until no whole one is left (false), or the connection must be looked at."""
        next_event = self._protocol.next_event
        runner = self._runner
        if runner.awaits_message:
            message = next_event()
            if message is NEED_DATA:
                return False
            runner.give(message)
            return True
        output = self._output
        buffer = output.buffer
        handlers = self._handlers
        time = self._loop.time
        while (message := next_event()) is not NEED_DATA:
            steps = handlers[type(message)](message)
            if steps is not None:
                runner.run(steps)
                return True
            if len(buffer) >= FULL_BYTES:
                output.flush()
                return True
            if time() > end_of_turn:
                return True
        return False

    def _after_messages(self) -> None:
        """Nothing waits: see whether the conversation is over."""
        if self._protocol.state is State.CLOSED:
            self._end(ConnectionLost(), silently=True)
        elif self._ending_later is not None and self._is_idle:
            self._end(self._ending_later)
        elif self._idle_timer is not None and self._is_idle:
            self._idle_timer.start()

    def _read_ahead(self) -> None:
        """Read on, unless nothing can be done with more: a client's pipeline must not fill the memory."""
        busy = self._runner.steps is not None and not self._runner.awaits_message
        blocked = busy or self._next_turn is not None or self._output.paused
        full = blocked and self._protocol.buffered_bytes > READ_AHEAD_BYTES
        if full is not self._reading_paused and not self._transport.is_closing():
            self._reading_paused = full
            if full:
                self._transport.pause_reading()
            else:
                self._transport.resume_reading()

    def _fail(self, error: Exception) -> None:
        """A handler failed, or a message could not be understood."""
        if self._conversation is None or (isinstance(error, ProtocolError) and error.fatal):
            self._end(error)
        elif self._runner.awaits_message:
            self._runner.throw(error)
        else:
            self._runner.run(self._conversation.fail(error))

    def _go_on(self) -> None:
        """What was being done went on by itself."""
        if self._ending is None:
            self._pump()
        elif self._runner.steps is None:
            self._close()

    # Beginning and end.

    def _begin_conversation(self, session: Session) -> None:
        self._authentication_timer.cancel()
        self._conversation = Conversation(session, self._protocol, self._output)
        self._handlers = self._conversation.handlers
        mailbox = session.notifications.mailbox
        mailbox.on_arrival, mailbox.on_overflow = self.send_notifications, self._too_many_notifications
        self._idle_timer = IdleTimer(session, self._loop, lambda: self._end(IdleInTransactionTimeout()))
        session.backend.cancel = self.cancel_running
        session.backend.terminate = lambda: self._end(AdminShutdown())

    async def _start_tls(self) -> None:
        assert self._context.tls is not None
        try:
            transport = await self._loop.start_tls(
                self._transport,
                self,
                self._context.tls.context,
                server_side=True,
                ssl_handshake_timeout=self._context.authentication_timeout_s,
            )
        except OSError as error:
            raise ConnectionLost(f"TLS handshake failed: {error}") from error
        if transport is None:
            raise ConnectionLost
        self._transport = transport
        self._output.use_transport(transport)

    def _authentication_timed_out(self) -> None:
        self._end(QueryCanceled("canceling authentication due to timeout"))

    def _end(self, reason: Exception, *, silently: bool = False) -> None:
        """End the connection: stop what runs, tell the client why, close the session, close the socket."""
        if self._ending is not None:
            return
        self._ending = reason
        self._silent = silently
        self._authentication_timer.cancel()
        if self._idle_timer is not None:
            self._idle_timer.stop()
        self._protocol.take_step(ServerStep.CLOSE)
        self._runner.stop(reason)
        if self._runner.steps is None:
            self._close()

    def _close(self) -> None:
        if self._closing is not None:
            return
        assert self._ending is not None
        fields = error_fields(self._ending, severity="FATAL")
        if self._runner.was_stopped:
            # What the statement had to say of its own end is not the reason.
            self._output.buffer.clear()
        if not self._silent:
            self._output.buffer += backend.error_response(fields)
        self._output.flush()
        self._closing = self._loop.create_task(self._close_session())

    async def _close_session(self) -> None:
        try:
            if self._conversation is not None:
                await self._conversation.close()
        except Exception as error:  # noqa: BLE001 - the client has been told all that it will be told.
            log_unexpected(error)
        self._context.registry.remove(self, self._startup.pid)
        self._transport.close()
        if not self._disconnected:
            self._abort_timer = self._loop.call_later(LAST_WORDS_S, self._transport.abort)
        self._session_closed = True
        self._settle()

    def _settle(self) -> None:
        """Once both socket and session are closed, tell who waits for that."""
        if self._disconnected and self._session_closed and not self._gone.done():
            self._gone.set_result(None)


def _peer_of(transport: asyncio.Transport) -> Peer:
    connected = transport.get_extra_info("socket")
    if connected is not None and connected.family == socket.AF_UNIX:
        return Peer()
    address, port = transport.get_extra_info("peername")[:2]
    return Peer(address, port)
