# SPDX-License-Identifier: GPL-2.0-or-later
"""``{conversation}``: a recorded conversation of libvirt's, as a sequence diagram.

::

    ```{conversation} blockcommit-active-pivot
    ```

The diagram is made from examples/libvirt/recorded/NAME.json, so it cannot say anything
that libvirt did not.  What is folded says :mod:`blockdoc.replay.sequence`.
"""

from difflib import get_close_matches
from pathlib import Path

from docutils import nodes
from sphinx.util.docutils import SphinxDirective
from sphinxcontrib.mermaid import mermaid  # type: ignore[import-untyped]

from blockdoc.errors import AuthorError
from blockdoc.replay.recording import RECORDED, Recording, read_recording
from blockdoc.replay.sequence import sequence
from blockdoc.sphinx_ext.html import make
from blockdoc.sphinx_ext.report import warn, warn_error

__all__ = ["ConversationDirective"]


class ConversationDirective(SphinxDirective):
    """What libvirt said to QEMU in one operation, as a picture."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Draw the recording, or say which there are."""
        location = (self.env.docname, self.lineno)
        name = self.arguments[0]
        folder = Path(self.env.srcdir, RECORDED)
        path = folder / f"{name}.json"
        self.env.note_dependency(path)
        if not path.is_file():
            near = get_close_matches(name, [it.stem for it in folder.glob("*.json")])
            hint = f"; did you mean {' or '.join(near)}?" if near else ""
            message = f"unknown recording {name!r}: there is no {RECORDED}/{name}.json{hint}"
            warn(message, location, "conversation")
            return []
        try:
            recording = read_recording(path)
        except AuthorError as error:
            warn_error(error, location, "conversation")
            return []
        return [self._shown(recording)]

    def _shown(self, recording: Recording) -> nodes.Node:
        typed = " and then ".join(recording.operation) or recording.file.stem
        drawing = mermaid()
        drawing["code"], drawing["options"] = sequence(recording), {}
        drawing["line"], drawing["alt"] = self.lineno, f"Sequence diagram of {typed}"
        head = [nodes.Text("Recorded: "), nodes.literal("", typed)]
        return make("div", [make("p", head, classes=["guide-head"]), drawing])
