# SPDX-License-Identifier: GPL-2.0-or-later
"""QMP as QEMU speaks it, and nothing else: qemu.qmp, with a look at what comes in.

qemu.qmp takes a message as it is, and drops an answer that nobody asked for.  Here both
end the conversation: a QEMU that says such things must not pass.
"""

from qemu.qmp import QMPClient, Runstate
from qemu.qmp.error import ProtocolError
from qemu.qmp.message import DeserializationError, Message

__all__ = ["Client", "complaint"]

#: How much of a bad message is shown, in characters.
SHOWN = 80
#: No example makes QEMU say more; one that goes on without end would fill our memory.
MOST_EVENTS = 100_000


class TooManyError(ProtocolError):
    """QEMU does not stop to send events."""


class Client(QMPClient):
    """QMP without the log, which lays each message out on many lines, read or not."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._answered: set[str] = set()
        self._events = 0

    async def gone(self) -> None:
        """Wait until the conversation is over: QEMU hung up, or said what is not QMP."""
        while self.runstate is Runstate.RUNNING:
            await self.runstate_changed()

    def _cb_inbound(self, msg: Message) -> Message:
        if self.runstate is Runstate.RUNNING:
            self._check(msg)
        return msg

    def _cb_outbound(self, msg: Message) -> Message:
        return msg

    def _check(self, message: Message) -> None:
        """Refuse what is neither an event nor an answer that somebody waits for."""
        if "event" in message:
            if not isinstance(message["event"], str):
                raise ProtocolError(f"an event without a name: {_shown(message)}")
            self._events += 1
            if self._events > MOST_EVENTS:
                raise TooManyError("events without end")
            return
        if ("return" in message) is ("error" in message):
            raise ProtocolError(f"neither an answer nor an event: {_shown(message)}")
        name = str(message.get("id"))
        if name not in self._pending or name in self._answered:
            raise ProtocolError(f"an answer that nobody waits for: {_shown(message)}")
        self._answered.add(name)
        if "error" in message and not _is_error(message["error"]):
            raise ProtocolError(f"an error without class and desc: {_shown(message)}")


def complaint(error: BaseException) -> str | None:
    """Say why qemu.qmp gave up, if it was not that QEMU closed the monitor."""
    within = getattr(error, "exc", None)  # of a greeting, or of what follows it
    told = complaint(within) if isinstance(within, Exception) else None
    if told is not None or isinstance(within, EOFError | OSError):
        return told
    return _complaint(error)


def _complaint(error: BaseException) -> str | None:
    how = None
    match error:
        case DeserializationError() if not error.raw.endswith(b"\n"):
            return None  # it hung up in the middle of a message
        case UnicodeDecodeError():
            how = "what is not QMP: it is not UTF-8"
        case RecursionError():
            how = "what is not QMP: it is nested too deep"
        case ValueError():
            limit = QMPClient._readbuflen >> 20  # noqa: SLF001 - its default, not ours
            how = f"a message of more than {limit} MiB, which qemu.qmp does not take"
        case TooManyError():
            how = f"more than {MOST_EVENTS} events"
        case ProtocolError():
            how = f"what is not QMP: {str(error).partition(chr(10))[0]}"
    return how and f"QEMU sent {how}"


def _is_error(error: object) -> bool:
    return isinstance(error, dict) and all(
        isinstance(error.get(name), str) for name in ("class", "desc")
    )


def _shown(message: Message) -> str:
    text = " ".join(str(message).split())
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
