"""COPY between a client and a statement (PostgreSQL manual, "COPY Operations")."""

from __future__ import annotations

from typing import TYPE_CHECKING

from server.copy_framing import frame_rows
from server.errors import ConnectionLost
from server.protocol import ServerStep, backend
from server.protocol.messages import CopyData, CopyDone, CopyFail
from server.steps import NEXT_MESSAGE, Uninterruptible
from sql.errors import QueryCanceled
from sql.result import CopyIn

if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import Any

    from server.output import Output
    from server.protocol import ServerProtocol
    from server.replies import Replies
    from server.steps import Wait
    from sql.result import CopyOut


def copy_steps(
    copy: CopyIn | CopyOut, protocol: ServerProtocol, replies: Replies, *, extended: bool
) -> Generator[Wait, Any, bytes]:
    """Run a COPY up to its CommandComplete, which is given back."""
    if isinstance(copy, CopyIn):
        tag = yield from receive_copy(copy, protocol, replies.output, extended=extended)
    else:
        tag = yield send_copy(copy, replies.output)
    replies.send_notices()
    return backend.command_complete(tag)


def receive_copy(
    copy: CopyIn, protocol: ServerProtocol, output: Output, *, extended: bool
) -> Generator[Wait, Any, str]:
    """Ask the client for data and feed it to the statement. Returns the command tag.

    When it raises, the statement has forgotten all data, and what the client still sends of it is passed over.
    """
    protocol.take_step(ServerStep.COPY_IN_EXTENDED if extended else ServerStep.COPY_IN)
    output.buffer += backend.copy_in_response(copy.column_count, binary=copy.binary)
    output.flush()
    try:
        while True:
            message = yield NEXT_MESSAGE
            match message:
                case CopyData(data):
                    yield copy.sink.write(data)
                case CopyDone():
                    tag: str = yield copy.sink.finish()
                    break
                case CopyFail(reason):
                    raise QueryCanceled(f"COPY from stdin failed: {reason}")
                case _:
                    raise ConnectionLost
    except Exception:
        yield Uninterruptible(copy.sink.abort())
        if not extended:
            protocol.take_step(ServerStep.COPY_IN_ENDED)
        raise
    protocol.take_step(ServerStep.COPY_IN_ENDED)
    return tag


async def send_copy(copy: CopyOut, output: Output) -> str:
    """Send the data of a statement, as fast as the client reads. Returns the command tag."""
    output.buffer += backend.copy_out_response(copy.column_count, binary=copy.binary)
    sent_rows = 0
    try:
        async for chunk in copy.chunks:
            output.write(frame_rows(chunk))
            sent_rows += chunk.rows
            await output.wait_until_writable()
    finally:
        close = getattr(copy.chunks, "aclose", None)
        if close is not None:
            await close()
    output.buffer += backend.COPY_DONE
    return f"{copy.tag} {sent_rows}"
