# SPDX-License-Identifier: GPL-2.0-or-later
"""Where things are kept that can be had again: releases of QEMU, schemas, results.

The first of these that is set::

    $BLOCKDOC_CACHE          as it is
    $XDG_CACHE_HOME          its folder ``blockdoc``; a relative path is ignored, as XDG says
    ~/.cache                 its folder ``blockdoc``
"""

import os
from collections.abc import Mapping
from pathlib import Path

from blockdoc.errors import MissingError

__all__ = ["cache_folder"]


def cache_folder(name: str, environment: Mapping[str, str] = os.environ) -> Path:
    """Return the folder for `name`, which may not be there yet.

    :raise MissingError: nothing says where this user keeps such things.
    """
    return _root(environment) / name


def _root(environment: Mapping[str, str]) -> Path:
    if own := environment.get("BLOCKDOC_CACHE"):
        return Path(own).absolute()
    common = Path(environment.get("XDG_CACHE_HOME") or "")
    if not common.is_absolute():
        common = _home(environment) / ".cache"
    return common / "blockdoc"


def _home(environment: Mapping[str, str]) -> Path:
    try:
        return Path(environment.get("HOME") or Path.home()).absolute()
    except RuntimeError:  # no $HOME, and nobody by this number
        message = "no home folder to keep things in; set BLOCKDOC_CACHE to a folder"
        raise MissingError(message) from None
