# SPDX-License-Identifier: GPL-2.0-or-later
"""Run functions of an iotest as QEMU's own ``check`` runs them.

``check -qcow2 -- ./030 Class.function …`` prepares the environment and starts the iotest.
It wants each program as one file, so a build that needs more words than one (an
unpacked tree with its own loader) gets a shell script for each.

Distributions build QEMU without the accelerator of the iotests, qtest.  Then the script
of the system emulator asks for TCG with stopped CPUs instead, so that no guest runs either.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from blockdoc.bench.assertions import iotests_folder
from blockdoc.errors import MissingError, QemuError
from blockdoc.qemu import Build

__all__ = ["Check", "open_check"]

#: No iotest takes longer than this, in seconds.
LIMIT = 600.0
SYSTEM = f"qemu-system-{os.uname().machine}"
VARIABLES = {
    "QEMU_PROG": SYSTEM,
    "QEMU_IMG_PROG": "qemu-img",
    "QEMU_IO_PROG": "qemu-io",
    "QEMU_NBD_PROG": "qemu-nbd",
    "QSD_PROG": "qemu-storage-daemon",
}
SCRIPT = """\
#!/bin/sh
exec {command} "$@"
"""
WITHOUT_QTEST = """\
#!/bin/sh
left=$#
while [ $left -gt 0 ]; do
    word=$1
    shift
    [ "$word" = qtest ] && word=tcg
    set -- "$@" "$word"
    left=$((left - 1))
done
exec {command} -S "$@"
"""
#: The line of a test that has ended.
RESULT = re.compile(r"^(\S+) +(pass|fail|not run) +\[", re.MULTILINE)
RAN = re.compile(r"^Ran (\d+) tests?", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Check:
    """The ``check`` of a source tree, with the programs of a build."""

    folder: Path
    environment: dict[str, str]
    #: Words before the command, which hide other builds' modules.
    walls: tuple[str, ...]
    #: False if TCG stands in for the accelerator that the iotests want.
    qtest: bool

    def seconds(self, iotest: str, functions: Sequence[str]) -> float:
        """Run `functions` of `iotest` in one process and return the wall time, in seconds.

        :raise QemuError: one of them fails, or does not run.
        """
        started = time.perf_counter()
        done = self._run("-qcow2", "--", f"./{iotest}", *functions)
        spent = time.perf_counter() - started
        ran = RAN.search(done.stdout)
        if done.returncode or ran is None or int(ran[1]) != len(functions):
            words = "\n  ".join(done.stdout.strip().splitlines()[-12:])
            raise QemuError(f"iotest {iotest} does not pass:\n  {words}")
        return spent

    def results(self, tests: Sequence[str], form: str) -> tuple[dict[str, str], str]:
        """Run whole `tests` on images of the format `form`, each held against its ``.out``.

        Returns what became of each (``pass``, ``fail``, ``not run``), and all that was printed.
        """
        printed = self._run(f"-{form}", "--color", "off", *tests).stdout
        found = RESULT.finditer(printed)
        return {it[1]: it[2] for it in found}, printed

    def _run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [*self.walls, sys.executable, "check", *words],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=LIMIT,
            check=False,
        )


@contextmanager
def open_check(tree: Path, build: Build) -> Iterator[Check]:
    """Prepare ``check`` of the source tree `tree`; everything that it writes is removed.

    :raise MissingError: the tree has no iotests, or the build lacks a program.
    """
    folder = iotests_folder(tree)
    with tempfile.TemporaryDirectory(prefix="blockdoc-check-") as name:
        place = Path(name)
        environment = {**os.environ, **build.environment}
        environment.update(
            TEST_DIR=str(place / "scratch"),
            SOCK_DIR=str(place / "sock"),
            PYTHONPYCACHEPREFIX=str(place / "cache"),
            PYTHONPATH="",
        )
        qtest = _has_qtest(build)
        for variable, program in VARIABLES.items():
            environment[variable] = _one_file(build, program, place, qtest=qtest)
        yield Check(folder, environment, _walls(build), qtest)


def _has_qtest(build: Build) -> bool:
    done = subprocess.run(
        [*build.command(SYSTEM), "-accel", "help"],
        capture_output=True,
        text=True,
        env={**os.environ, **build.environment},
        timeout=LIMIT,
        check=False,
    )
    return "qtest" in done.stdout.split()


def _one_file(build: Build, program: str, place: Path, *, qtest: bool) -> str:
    """Return one file that starts `program`: itself, or a script."""
    command = build.command(program)
    script = SCRIPT if qtest or program != SYSTEM else WITHOUT_QTEST
    if len(command) == 1 and script is SCRIPT:
        return command[0]
    path = place / program
    path.write_text(script.format(command=shlex.join(command)), encoding="utf-8")
    path.chmod(0o755)
    return str(path)


def _walls(build: Build) -> tuple[str, ...]:
    """Return words that put the build's modules in the place of the host's.

    QEMU looks for a module that it does not find in QEMU_MODULE_DIR where it was
    configured to look, and aborts on one of another build.
    """
    own = build.environment.get("QEMU_MODULE_DIR")
    if own is None or build.root is None:
        return ()
    host = Path("/") / Path(own).relative_to(build.root)
    if not host.is_dir():
        return ()
    if shutil.which("bwrap") is None:
        raise MissingError(f"bubblewrap is needed to hide {host}; install it")
    return ("bwrap", "--dev-bind", "/", "/", "--bind", own, str(host), "--die-with-parent")
