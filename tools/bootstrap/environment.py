# SPDX-License-Identifier: GPL-2.0-or-later
"""The virtual environment `.venv`, with exactly what requirements.lock says.

::

    stamp says the same as now, every installed file there?  ──yes──►  done
         │ no
    remove the stamp, make .venv anew, install, write the stamp

The stamp is written last, so that whatever was killed in between leaves none.
It names the Python, the directory (scripts carry it), and the lock's and
pyproject's contents. A lock on the root directory keeps two set-ups apart; pip
inherits it, and so a pip that outlived its killed set-up is waited for.
"""

import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bootstrap.errors import SetupError

__all__ = ["create", "is_complete", "provide"]

#: The Python that makes it. Where `.venv` is active that is a link in `.venv`, so it is
#: followed before anything is removed.
PYTHON = os.path.realpath(sys.executable)


def provide(root: Path) -> None:
    """Make `.venv` under `root` complete; remake it if it is not."""
    venv = root / ".venv"
    with _locked(root) as lock:
        if not is_complete(root):
            _make(root, venv, lock)


@contextmanager
def _locked(root: Path) -> Iterator[int]:
    """Keep other set-ups out for as long as this one, or a child of it, runs."""
    directory = os.open(root, os.O_RDONLY)
    try:
        try:
            fcntl.flock(directory, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("set-up: waiting for another set-up to end", flush=True)
            fcntl.flock(directory, fcntl.LOCK_EX)
        yield directory
    finally:
        os.close(directory)


def _stamp(venv: Path) -> Path:
    return venv / "set-up-complete"


def _key(root: Path) -> str:
    """Return what a complete environment for this root and this Python is stamped with."""
    digest = hashlib.sha256()
    for part in (sys.version, PYTHON, str(root)):
        digest.update(part.encode() + b"\0")
    for name in ("pyproject.toml", "requirements.lock"):
        digest.update((root / name).read_bytes() + b"\0")
    return digest.hexdigest()


def is_complete(root: Path) -> bool:
    """Say whether `.venv` is what it should be, down to the last installed file."""
    venv = root / ".venv"
    try:
        return _stamp(venv).read_text() == _key(root) and _unharmed(venv)
    except OSError:
        return False


def _unharmed(venv: Path) -> bool:
    """Say whether every file that pip has recorded is still there."""
    records = list(venv.glob("lib/python*/site-packages/*.dist-info/RECORD"))
    return (venv / "bin/python").exists() and bool(records) and all(map(_recorded, records))


def _recorded(record: Path) -> bool:
    site = str(record.parents[1])
    lines = record.read_text(encoding="utf-8").splitlines()
    names = (line.rsplit(",", 2)[0].strip('"') for line in lines)
    files = (f"{site}/{name}" for name in names if not name.endswith(".pyc"))
    return all(map(os.path.exists, files))


def _make(root: Path, venv: Path, lock: int) -> None:
    """Make the environment from nothing."""
    print("set-up: making .venv", flush=True)
    start = time.monotonic()
    try:
        _stamp(venv).unlink(missing_ok=True)
        shutil.rmtree(venv, ignore_errors=True)
        pip = create(venv)
        requirements = str(root / "requirements.lock")
        _run([*pip, "--require-hashes", "-r", requirements], lock)
        _run([*pip, "--no-deps", "--no-build-isolation", "-e", str(root)], lock)
        _write(_stamp(venv), _key(root))
    except OSError as error:
        raise SetupError(f"cannot make .venv: {error}") from error
    print(f"set-up: .venv made in {time.monotonic() - start:.0f} s", flush=True)


def create(venv: Path) -> list[str]:
    """Make an empty environment; return the beginning of its `pip install` command."""
    if not all(map(importlib.util.find_spec, ("venv", "ensurepip"))):
        raise SetupError(
            "this Python cannot make virtual environments; "
            "install the package python3-venv (Debian and Ubuntu split it off)"
        )
    _run([PYTHON, "-m", "venv", "--clear", str(venv)])
    return [
        *(str(venv / "bin/python"), "-m", "pip", "install"),
        *("--quiet", "--quiet", "--no-input", "--no-compile", "--disable-pip-version-check"),
    ]


def _run(command: Sequence[str], *descriptors: int) -> None:
    """Run `command`; its own words are shown, and it keeps `descriptors` open."""
    # A user's `user = true` would send everything out of the environment.
    surroundings = {**os.environ, "PIP_USER": "0"}
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, env=surroundings, pass_fds=descriptors, check=False
    )
    if done.returncode:
        raise SetupError(
            f"failed with status {done.returncode}, for the reason above: {' '.join(command)}"
        )


def _write(path: Path, text: str) -> None:
    """Write `path` so that it is there whole or not at all."""
    unfinished = path.with_suffix(".new")
    unfinished.write_text(text)
    unfinished.replace(path)
