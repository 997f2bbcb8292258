# SPDX-License-Identifier: GPL-2.0-or-later
"""A page that cannot be read is one warning, and all others are built.

MyST's parser has bugs, and recurses into what is nested; Sphinx expects UTF-8.  What
they raise would end the build.
"""

import codecs
from pathlib import Path

from docutils import nodes
from myst_parser.parsers.sphinx_ import MystParser
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from blockdoc.errors import AuthorError
from blockdoc.example import read_text
from blockdoc.sphinx_ext.report import warn, warn_error

__all__ = ["CarefulParser", "check_encoding"]

ENCODING = "utf_8_or_not"


class CarefulParser(MystParser):
    """MyST's parser, which never raises."""

    def parse(self, inputstring: str, document: nodes.document) -> None:
        """Parse a page, or warn and show its name alone."""
        try:
            super().parse(inputstring, document)
        except Exception as error:  # noqa: BLE001 - whatever it stumbles over
            docname = document.settings.env.docname
            why = type(error).__name__
            message = f"MyST stumbles over this page ({why}): is it Markdown, and nested less?"
            warn(message, (docname, 1), "page")
            document.children = []
            super().parse(f"# {docname}\n", document)


class _Decoder(codecs.lookup("utf-8-sig").incrementaldecoder):  # type: ignore[misc]
    """UTF-8, with a mark in the place of what is not."""

    def __init__(self, _errors: str = "strict") -> None:
        super().__init__("replace")


@codecs.register
def _find(name: str) -> codecs.CodecInfo | None:
    """Return the encoding in which pages are read."""
    if name != ENCODING:
        return None
    known = codecs.lookup("utf-8-sig")
    return codecs.CodecInfo(
        known.encode,
        known.decode,
        incrementaldecoder=_Decoder,  # type: ignore[arg-type]
        name=name,
    )


def check_encoding(app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
    """Warn of pages that are not UTF-8; let them be read nevertheless."""
    env.settings["input_encoding"] = ENCODING
    for docname in docnames:
        path = Path(env.doc2path(docname))
        try:
            read_text(path, path.relative_to(app.srcdir).as_posix())
        except AuthorError as error:
            warn_error(error, (docname, 1), "page")
