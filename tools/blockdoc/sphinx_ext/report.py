# SPDX-License-Identifier: GPL-2.0-or-later
"""Say what is wrong with a page: one warning, at path:line."""

from docutils import nodes
from sphinx.util import logging

from blockdoc.errors import BlockdocError

__all__ = ["warn", "warn_error"]

_logger = logging.getLogger(__name__)

#: What Sphinx takes for a place: page and line, ``path:line``, or the node itself.
Location = tuple[str, int] | str | nodes.Node | None


def warn(message: str, location: Location, kind: str) -> None:
    """Warn at `location`; `kind` is what ``suppress_warnings`` calls ``guide.kind``."""
    _logger.warning(message, location=location, type="guide", subtype=kind)


def warn_error(error: BlockdocError, location: Location, kind: str) -> None:
    """Warn of `error` where it says itself, or else at `location`."""
    warn(error.message, str(error.place) if error.place else location, kind)
