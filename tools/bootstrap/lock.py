# SPDX-License-Identifier: GPL-2.0-or-later
"""requirements.lock, computed from pyproject.toml.

uv resolves once for every Python that the project runs on and writes the hashes
of every file of a release, so that one lock serves Debian 12 and 13 alike. It is
used for this alone, from an environment that is thrown away.
"""

import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bootstrap import environment
from bootstrap.errors import SetupError

__all__ = ["write"]


def write(root: Path, options: Sequence[str]) -> None:
    """Write the lock anew; pins that still fit stay, unless `options` say `--upgrade`."""
    with tempfile.TemporaryDirectory() as directory:
        venv = Path(directory)
        subprocess.run([*environment.create(venv), "uv"], check=True)
        done = subprocess.run(
            [
                *(str(venv / "bin/uv"), "pip", "compile", "pyproject.toml", "--quiet"),
                *("--universal", "--all-extras", "--generate-hashes"),
                *("--custom-compile-command", "make lock"),
                *("--output-file", "requirements.lock", *options),
            ],
            cwd=root,
            check=False,
        )
    if done.returncode:
        raise SetupError("uv could not resolve pyproject.toml; its words are above")
