"""PostgreSQL's frontend/backend protocol 3.0 without sockets: bytes in, messages out; replies in, bytes out.

`ServerProtocol.receive_data` takes what the socket read, `next_event` gives one message at a time (`messages.py`, read
by `parsing.py`) or `NEED_DATA`. `states.py` is the table of what a client may send when; what is not in it is refused.
`backend.py` builds what the server sends. `scram.py` is the server's side of a SCRAM-SHA-256 exchange and
`channel_binding.py` what ties that exchange to a TLS certificate. Standard library only, and nothing here waits.
"""

from __future__ import annotations

from server.protocol.errors import LocalProtocolError, ProtocolError
from server.protocol.messages import NEED_DATA
from server.protocol.server_protocol import ServerProtocol
from server.protocol.states import ServerStep, State

__all__ = ["NEED_DATA", "LocalProtocolError", "ProtocolError", "ServerProtocol", "ServerStep", "State"]
