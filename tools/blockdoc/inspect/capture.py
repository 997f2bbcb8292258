# SPDX-License-Identifier: GPL-2.0-or-later
"""Take the picture of a running QEMU: all answers of one moment, or a word that they are not.

The graph is asked for before and after everything else.  If both answers are equal, what
lies between belongs to them; if not, it is asked again, a few times.
"""

from typing import TYPE_CHECKING, Any, Final

from blockdoc.errors import QemuError
from blockdoc.inspect.monitor import RefusedError

if TYPE_CHECKING:
    from blockdoc.graph.picture import Picture
    from blockdoc.inspect.monitor import Teller

__all__ = ["Look", "look"]

ATTEMPTS: Final = 5
#: What older releases and the storage daemon do not have; a picture does without.
_OPTIONAL: Final = ("query-block-jobs", "query-jobs", "query-block-exports", "query-block")
GRAPH: Final = "x-debug-query-block-graph"
_VERSION: Final = "query-version"
_NODES: Final = "query-named-block-nodes"
_FLAT: Final = {"flat": True}
_OBJECTS: Final = "qom-list"
_THEIR_PATH: Final = {"path": "/objects"}
_THROTTLE: Final = "child<throttle-group>"


class Look:
    """Repeated looks at one QEMU; what does not change is asked for once."""

    def __init__(self, teller: "Teller") -> None:
        self._teller = teller
        self._lacking: set[str] = set()
        self._version: Any = None
        self._send(_VERSION)

    def _send(self, *first: str) -> None:
        """Send for what a picture needs, in the order in which it is asked for."""
        wanted = [command for command in _OPTIONAL if command not in self._lacking]
        self._teller.ahead(
            [
                *((command, {}) for command in (*first, GRAPH)),
                (_NODES, _FLAT),
                *((command, {}) for command in wanted),
                (_OBJECTS, _THEIR_PATH),
                (GRAPH, {}),  # in vain if there are throttle groups, whose limits come first
            ]
        )
        self._sent = True

    def take(self) -> "Picture":
        """Take one picture.

        :raise QemuError: QEMU is too old, hung up, or answers nonsense.
        """
        # Until here QEMU has been asked, and works; what reads its answers comes now.
        from blockdoc.graph.facts import picture_of  # noqa: PLC0415

        if not self._sent:
            self._send()
        self._sent = False
        if self._version is None:
            self._version = self._maybe(_VERSION) or {}
        before = self._graph()
        for _ in range(ATTEMPTS):
            answers = self._answers()
            # Made before QEMU has said that it is right: as a rule it is.
            picture = picture_of({**answers, GRAPH: before}, self._teller.name)
            after = self._graph()
            if _same(before, after):
                return picture
            before = after
        answers[GRAPH] = after
        return picture_of(answers, self._teller.name, consistent=False)

    def _graph(self) -> Any:  # noqa: ANN401 - JSON
        try:
            return self._teller.ask(GRAPH)
        except RefusedError as error:
            if error.kind != "CommandNotFound":
                raise
            release = self._release()
            message = (
                f"{self._teller.name}: this QEMU{release} has no {GRAPH}, which came with "
                "4.0; there is nothing else that tells edges and permissions"
            )
            raise QemuError(message) from None

    def _release(self) -> str:
        try:
            qemu = self._version["qemu"]
            return f" {int(qemu['major'])}.{int(qemu['minor'])}"
        except (KeyError, TypeError, ValueError):
            return ""

    def _answers(self) -> dict[str, Any]:
        answers = {_VERSION: self._version, _NODES: self._nodes()}
        answers |= {command: self._maybe(command) for command in _OPTIONAL}
        answers["throttle-groups"] = self._groups()
        return {command: answer for command, answer in answers.items() if answer is not None}

    def _nodes(self) -> Any:  # noqa: ANN401 - JSON
        try:
            return self._teller.ask(_NODES, **_FLAT)
        except RefusedError:  # before 5.0 there was no `flat`
            return self._teller.ask(_NODES)

    def _maybe(self, command: str, **arguments: Any) -> Any:  # noqa: ANN401 - JSON
        """Ask; None if this QEMU does not know the command or the object."""
        if command in self._lacking:
            return None
        try:
            return self._teller.ask(command, **arguments)
        except RefusedError as error:
            if error.kind == "CommandNotFound":
                self._lacking.add(command)
            return None

    def _groups(self) -> dict[str, Any]:
        objects = self._maybe(_OBJECTS, **_THEIR_PATH)
        names = [
            str(it.get("name"))
            for it in (objects if isinstance(objects, list) else [])
            if isinstance(it, dict) and it.get("type") == _THROTTLE
        ]
        found = {
            name: self._maybe("qom-get", path=f"/objects/{name}", property="limits")
            for name in names
        }
        return {name: limits for name, limits in found.items() if isinstance(limits, dict)}


def look(teller: "Teller") -> "Picture":
    """Take one picture of a QEMU."""
    return Look(teller).take()


def _same(one: Any, other: Any) -> bool:  # noqa: ANN401 - JSON
    """Compare two graphs; QEMU numbers by where things lie, and that is stable meanwhile."""
    return bool(one == other)
