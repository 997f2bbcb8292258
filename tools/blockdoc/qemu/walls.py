# SPDX-License-Identifier: GPL-2.0-or-later
"""What an example can see of this machine: bubblewrap's command line.

It is put together once and tried once for each QEMU: where namespaces are forbidden,
as in many containers, bubblewrap is there and does not work.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from blockdoc.errors import MissingError
from blockdoc.qemu.build import Build
from blockdoc.qemu.folders import MARK, new_folder
from blockdoc.qemu.stranger import Stranger, stranger

__all__ = ["INSIDE", "Walls", "walls_of"]

#: The example's own folder as its programs see it: the same in every run.
INSIDE = Path("/example")
#: Where programs and libraries of the distribution are.
SYSTEM = ("/bin", "/lib", "/lib32", "/lib64", "/libx32", "/sbin")
READABLE = ("/etc/ld.so.cache", "/etc/alternatives")
#: The host's settings.  Their files ask only who owns them, so that root, without any
#: capability, could set ``kernel.core_pattern``: a program that the host runs as root.
SETTINGS = "/proc/sys"
DEVICES = ("null", "zero", "urandom")
#: Sizes of what is writable beside the folder, in bytes.
DEV_SIZE = 16 << 20
TMP_SIZE = 64 << 20
#: Names folders that QEMU needs and that we cannot know of, such as /opt/lib.
MORE = "BLOCKDOC_READ"
HOW_TO_GET = "install bubblewrap (`make site` does, or says how)"
#: Variables that go through: they steer a QEMU built with sanitizers.
KEPT = ("ASAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS")
NAMESPACES = ("ipc", "pid", "net", "uts")
#: A user namespace of its own, in which no other can be made if bwrap knows how (0.8).
USER = (("--unshare-user", "--disable-userns"), ("--unshare-user",))
#: Fails where the example could not write to its folder, or read another.
LOOK = """\
: >tried || exit
for it; do [ -r "$it" ] && [ -x "$it" ] || { echo "no right to read $it"; exit 1; }; done
"""


@dataclass(frozen=True, slots=True)
class Walls:
    """What stands between an example and this machine."""

    #: bubblewrap's command line up to what concerns one example.
    words: tuple[str, ...] = ()
    #: Why there is nothing, in words for a user; empty if there is.
    missing: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    #: Who the example is, if it is not us.
    stranger: Stranger | None = None

    def __str__(self) -> str:
        if not self.missing:
            return "in a sandbox"
        return (
            f"NO SANDBOX: {self.missing}; an example can read and write what you can; "
            f"{HOW_TO_GET}"
        )

    def around(self, folder: Path) -> tuple[str, ...]:
        """Return the words to put before a program that works in `folder`."""
        if self.missing:
            return ()
        here = ("--bind", str(folder), str(INSIDE), "--chdir", str(INSIDE))
        enter = self.stranger.enter() if self.stranger else ()
        return (*enter, *self.words, *here, "--remount-ro", "/", "--")

    @property
    def pass_fds(self) -> tuple[int, ...]:
        """Return the descriptors that the words of the last `around` need."""
        return (self.stranger.namespace,) if self.stranger else ()

    def give(self, file: Path | int) -> None:
        """Make `file`, a path or a descriptor, the example's own."""
        if self.stranger:
            self.stranger.give(file)

    def victims(self, pid: int) -> tuple[int, ...]:
        """Return the processes whose end is the end of all that was started as `pid`.

        The outer bwrap ends by itself when process 1 of the sandbox is gone, and then
        nothing is left; if it were killed, we could not wait for the others.
        """
        return (children(pid) if not self.missing else ()) or (pid,)


def children(pid: int) -> tuple[int, ...]:
    """Return the children of a process, as far as the system tells."""
    try:
        return tuple(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))
    except OSError:
        return ()


_KNOWN: dict[tuple[Path | None, str], Walls] = {}


def walls_of(build: Build) -> Walls:
    """Return what stands around the programs of `build`.

    :raise MissingError: nothing does, and ``CI`` is set.
    """
    key = (build.root, build.origin)
    if key not in _KNOWN:
        _KNOWN[key] = _tried(build)
    walls = _KNOWN[key]
    if walls.missing and os.environ.get("CI"):
        message = f"{walls.missing}, and CI must not run examples without it; {HOW_TO_GET}"
        raise MissingError(message)
    return walls


def _tried(build: Build) -> Walls:
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": "/tmp",  # noqa: S108 - the sandbox's own
        "LC_ALL": "C.UTF-8",
        "MALLOC_PERTURB_": "165",  # what is freed is overwritten, as under iotests' check
        **{name: os.environ[name] for name in KEPT if name in os.environ},
    }
    program = shutil.which("bwrap")
    if program is None:
        return Walls((), "bubblewrap is not installed", environment)
    why = ""
    for walls in _kinds(program, build, environment):
        why = _complaint(walls, build)
        if not why:
            return walls
    return Walls((), f"bubblewrap does not work here ({why})", environment)


def _kinds(program: str, build: Build, environment: Mapping[str, str]) -> Iterator[Walls]:
    """Yield what could be, the best first."""
    words = tuple(_words(build))
    if who := stranger():
        yield Walls((program, *words), "", environment, who)
    for user in USER:
        yield Walls((program, *user, *words), "", environment)


def _complaint(walls: Walls, build: Build) -> str:
    """Try `walls`, and say why they do not stand."""
    needed = [str(path) for path in _readable(build) if path.is_dir()] if walls.stranger else ()
    folder = new_folder()
    try:
        walls.give(folder)
        done = subprocess.run(
            [*walls.around(folder), "/bin/sh", "-c", LOOK, "sh", *needed],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
            pass_fds=walls.pass_fds,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if done.returncode:
        return " ".join((done.stderr + done.stdout).split()) or f"status {done.returncode}"
    return ""


def _words(build: Build) -> Iterator[str]:
    yield from ("--die-with-parent", "--new-session", "--cap-drop", "ALL")
    yield from (f"--unshare-{name}" for name in NAMESPACES)
    yield "--unshare-cgroup-try"
    yield from ("--unsetenv", MARK)
    yield from ("--ro-bind", "/usr", "/usr")
    for name in SYSTEM:
        path = Path(name)
        if path.is_symlink():
            yield from ("--symlink", str(path.readlink()), name)
        elif path.is_dir():
            yield from ("--ro-bind", name, name)
    for name in READABLE:
        yield from ("--ro-bind-try", name, name)
    yield from ("--proc", "/proc", "--ro-bind", SETTINGS, SETTINGS)
    yield from ("--size", str(DEV_SIZE), "--tmpfs", "/dev")
    for name in DEVICES:
        yield from ("--dev-bind", f"/dev/{name}", f"/dev/{name}")
    yield from ("--symlink", "urandom", "/dev/random")
    yield from ("--symlink", "/proc/self/fd", "/dev/fd", "--dir", "/dev/shm")  # noqa: S108
    yield from ("--size", str(TMP_SIZE), "--tmpfs", "/tmp")  # noqa: S108
    for path in _readable(build):
        yield from ("--ro-bind-try", str(path), str(path))


def _readable(build: Build) -> Iterator[Path]:
    """Yield what else QEMU reads: its own tree, and what the user names."""
    yield from build.readable()
    for name in filter(None, os.environ.get(MORE, "").split(os.pathsep)):
        yield Path(name).expanduser().absolute()
