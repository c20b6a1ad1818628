"""The beginning of a conversation: encryption, start-up, authentication (PostgreSQL manual, "Start-up")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from server.errors import TooManyConnections
from server.protocol import ProtocolError, ServerStep, backend
from server.protocol.messages import (
    CancelRequest,
    GSSENCRequest,
    SASLInitialResponse,
    SASLResponse,
    SSLRequest,
    StartupMessage,
    Terminate,
)
from server.protocol.scram import AuthenticationFailed, ScramExchange, mock_verifier, parse_verifier
from server.startup_options import parse_options
from server.steps import NEXT_MESSAGE, Uninterruptible
from sql.errors import FeatureNotSupported, InvalidAuthorization, InvalidPassword
from sql.session_state import Client

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from server.authentication import Peer
    from server.context import ConnectionContext
    from server.output import Output
    from server.protocol import ServerProtocol
    from server.registry import Member
    from server.steps import Steps
    from sql.session import Session

_NO_REPLICATION: Final = frozenset({"", "0", "false", "off", "no"})


class Startup:
    """Takes one client from its first byte to its session.

    `handlers` has what to do for each message. `begin` gets the session once the client is in; `pid` is there from a
    little earlier on. What is raised ends the connection.
    """

    def __init__(
        self,
        context: ConnectionContext,
        member: Member,
        protocol: ServerProtocol,
        output: Output,
        peer: Peer,
        start_tls: Callable[[], Awaitable[None]],
        begin: Callable[[Session], None],
    ) -> None:
        self._context = context
        self._member = member
        self._protocol = protocol
        self._output = output
        self._peer = peer
        self._start_tls = start_tls
        self._begin = begin
        self._encrypted = False
        self.pid: int | None = None
        self.handlers: Mapping[type, Callable[[Any], Steps | None]] = {
            SSLRequest: self._ssl_request,
            GSSENCRequest: self._gssenc_request,
            CancelRequest: self._cancel_request,
            StartupMessage: self._startup,
        }

    def _ssl_request(self, _message: SSLRequest) -> Steps | None:
        if self._context.tls is None or self._peer.address is None:
            self._answer(backend.ENCRYPTION_REFUSED)
            return None
        if self._protocol.buffered_bytes:
            # Sent before encryption, these bytes could be anybody's, and would be read as if they had come inside it.
            raise ProtocolError("received unencrypted data after SSL request", fatal=True)
        return self._encrypt()

    def _encrypt(self) -> Steps:
        self._answer(backend.SSL_ACCEPTED)
        self._output.flush()
        yield self._start_tls()
        self._encrypted = True

    def _gssenc_request(self, _message: GSSENCRequest) -> None:
        self._answer(backend.ENCRYPTION_REFUSED)

    def _cancel_request(self, message: CancelRequest) -> None:
        # There is no answer, not even whether there was anything to cancel; the connection just ends.
        self._context.registry.cancel(message.pid, message.secret)

    def _startup(self, message: StartupMessage) -> Steps:
        parameters = dict(message.parameters)
        unknown = [name for name in parameters if name.startswith("_pq_.")]
        if message.minor_version > 0 or unknown:
            self._output.buffer += backend.negotiate_protocol_version(0, unknown)
        for name in unknown:
            del parameters[name]
        user = parameters.pop("user", "")
        if not user:
            raise InvalidAuthorization("no PostgreSQL user name specified in startup packet")
        if parameters.pop("replication", "").lower() not in _NO_REPLICATION:
            raise FeatureNotSupported("replication connections are not supported")
        self._context.registry.check_room()
        if self._context.rules.method_for(self._peer) == "scram-sha-256":
            yield from self._authenticate(user)
        database = parameters.pop("database", "") or user
        options = parse_options(parameters.pop("options", "")) | parameters
        yield from self._connect(user, database, options)

    def _authenticate(self, user: str) -> Steps:
        """Challenge the client. What it is told, and when, does not depend on whether the user exists."""
        found = self._context.database.authenticate_lookup(user)
        verifier = mock_verifier(user, self._context.mock_secret) if found is None else parse_verifier(found)
        tls = self._context.tls
        exchange = ScramExchange(verifier, tls.certificate_hash if tls is not None and self._encrypted else None)
        try:
            self._protocol.take_step(ServerStep.ASK_FOR_SASL)
            self._answer(backend.authentication_sasl(exchange.mechanisms))
            initial = yield NEXT_MESSAGE
            _check_not_gone(initial)
            assert isinstance(initial, SASLInitialResponse)
            if initial.data is None:
                raise ProtocolError("the client sent no SASL initial response", fatal=True)
            challenge = exchange.challenge(initial.mechanism, initial.data)
            self._protocol.take_step(ServerStep.CHALLENGE)
            self._answer(backend.authentication_sasl_continue(challenge))
            final = yield NEXT_MESSAGE
            _check_not_gone(final)
            assert isinstance(final, SASLResponse)
            self._output.buffer += backend.authentication_sasl_final(exchange.prove(final.data))
        except AuthenticationFailed as error:
            raise InvalidPassword(f'password authentication failed for user "{user}"') from error

    def _connect(self, user: str, database: str, options: dict[str, str]) -> Steps:
        registry = self._context.registry
        self.pid, secret = registry.enrol(self._member)
        client = Client(self._peer.address, self._peer.port or None)
        session = self._context.database.connect(user, database, options, self.pid, client)
        parameters = session.initial_parameters()
        if ("is_superuser", "on") not in parameters:
            try:
                registry.check_reserved()
            except TooManyConnections:
                yield Uninterruptible(session.close())
                raise
        self._protocol.take_step(ServerStep.AUTHENTICATED)
        messages = [backend.AUTHENTICATION_OK]
        messages += [backend.parameter_status(name, value) for name, value in parameters]
        messages += [backend.backend_key_data(self.pid, secret), backend.READY_FOR_QUERY["I"]]
        self._answer(b"".join(messages))
        self._begin(session)

    def _answer(self, message: bytes) -> None:
        self._output.buffer += message
        self._output.flush_wanted = True


def _check_not_gone(message: object) -> None:
    if isinstance(message, Terminate):
        raise ProtocolError("the client left during authentication", fatal=True)
