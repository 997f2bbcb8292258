# SPDX-License-Identifier: GPL-2.0-or-later
"""A copy of QEMU's sources that is built, changed, and put back.

::

    FOLDER/src       the copy; each run makes it like the original again, file by file
    FOLDER/python    what QEMU's configure needs of Python, and a Debian has too old
    FOLDER/build     a build tree, as QEMU_BUILD names one: no system emulator, unless asked
    FOLDER/lock      held by the one that works here

A file that is put back is younger than what was built from it, so that it is built anew.
"""

import contextlib
import fcntl
import filecmp
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from blockdoc.errors import AuthorError, MissingError
from blockdoc.mutants.patch import Mutant
from blockdoc.qemu.distribution import end_group
from blockdoc.qemu.place import Say
from blockdoc.qemu.process import die_with_parent

__all__ = ["Tree", "open_tree"]

#: What configure imports. Debian's own meson is older than QEMU wants.
PYTHON = ("meson==1.5.0", "pycotap==1.3.1", "tomli==2.0.1", "distlib==0.3.9")
#: Neither emulators nor what they would need; of optional parts, what examples can use.
CONFIGURE = (
    "--without-default-features",
    "--disable-system",
    "--disable-user",
    "--disable-install-blobs",
    *(
        f"--enable-{part}"
        for part in (
            *("tools", "linux-aio", "linux-io-uring", "seccomp", "gnutls", "replication"),
            *("qcow1", "qed", "vdi", "vhdx", "vmdk", "vpc", "parallels"),
            *("fuse", "vhost-user", "vhost-user-blk-server", "libvduse", "vduse-blk-export"),
        )
    ),
)
PROGRAMS = ("storage-daemon/qemu-storage-daemon", "qemu-img", "qemu-io", "qemu-nbd")
#: A system emulator of the host's own kind; without TCG, for less work: it
#: runs by KVM, or by ``-accel qtest``, where no guest has to run.
EMULATOR = f"qemu-system-{os.uname().machine}"
SYSTEM = (
    "--enable-system",
    f"--target-list={os.uname().machine}-softmmu",
    "--enable-kvm",
    "--disable-tcg",
)
#: What of a working tree is neither source nor small.
LEFT_OUT = (".git", "build", "roms")
#: Lines that say why something failed, the best first: the compiler's, meson's, ninja's.
REASONS = (r"^\S+:\d+(:\d+)?: (fatal )?error: ", r"\bERROR: ", r"^FAILED: ", r"^ninja: error: ")


class Tree:
    """QEMU's sources and what was built from them."""

    def __init__(
        self, folder: Path, original: Path, more: Sequence[str] = (), *, system: bool = False
    ) -> None:
        self.original = original
        #: Options of configure beside our own.
        self.more = (*SYSTEM, *more) if system else more
        self.programs = (*PROGRAMS, EMULATOR) if system else PROGRAMS
        self.source = folder / "src"
        self.python = folder / "python"
        self.build = folder / "build"

    def bring(self, say: Say) -> None:
        """Make the copy like the original, and build it.

        :raise MissingError: it cannot be built; with the reason in one line.
        """
        if not (self.original / "configure").is_file():
            raise MissingError(f"{self.original}: no sources of QEMU; `make sources` has some")
        say("copying QEMU's sources")
        _copy(self.original, self.source, LEFT_OUT)
        if not (self.build / "build.ninja").exists():
            say("configuring")
            self._configure()
        say("building")
        self.make()

    def _fetch_python(self) -> None:
        command = [sys.executable, "-m", "venv", "--clear", str(self.python)]
        _run(command, self.source, "a virtual environment")
        pip = [str(self.python / "bin" / "pip"), "install", "--quiet", *PYTHON]
        _run(pip, self.source, "meson")

    def _configure(self) -> None:
        self._fetch_python()
        shutil.rmtree(self.build, ignore_errors=True)
        self.build.mkdir()
        try:
            words = [str(self.source / "configure"), *self._options(), *self.more]
            _run(words, self.build, "QEMU's configure")
        except BaseException:
            shutil.rmtree(self.build, ignore_errors=True)
            raise

    def _options(self) -> Sequence[str]:
        """Return options of configure.

        7.2 has meson named instead of a Python that has it, and builds some formats
        always: it has no option for them.
        """
        files = ("configure", "scripts/meson-buildoptions.sh")
        paths = [self.source / name for name in files]
        known = "".join(it.read_text(errors="replace") for it in paths if it.exists())
        if "--disable-download" in known or "--meson=" not in known:
            return [f"--python={self.python}/bin/python3", "--disable-download", *CONFIGURE]
        enabled = [it for it in CONFIGURE if it.startswith("--enable-")]
        lacking = {it for it in enabled if f"{it})" not in known}
        ours = f"--meson={self.python}/bin/meson"
        return [ours, *(it for it in CONFIGURE if it not in lacking)]

    def make(self) -> None:
        """Build what has changed.

        :raise MissingError: it does not compile; with the compiler's first error.
        """
        _run(["ninja", *self.programs], self.build, "QEMU")

    @contextlib.contextmanager
    def changed(self, mutant: Mutant) -> Iterator[None]:
        """Have the sources changed, whatever ends it.

        :raise AuthorError: the patch does not apply.
        """
        paths = [self.source / name for name in mutant.files]
        missing = [path for path in paths if not path.is_file()]
        if missing:
            name = missing[0].relative_to(self.source)
            raise AuthorError(f"this QEMU has no {name}", mutant.place)
        before = {path: path.read_bytes() for path in paths}
        try:
            self._apply(mutant)
            yield
        finally:
            for path, content in before.items():
                path.write_bytes(content)

    def _apply(self, mutant: Mutant) -> None:
        words = ["patch", "-p1", "--forward", "--batch", "--reject-file=-"]
        done = subprocess.run(
            [*words, "--no-backup-if-mismatch"],
            cwd=self.source,
            input=mutant.text,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            said = [line for line in done.stdout.splitlines() if "FAILED" in line]
            why = said[0] if said else done.stdout.strip() or done.stderr.strip()
            raise AuthorError(f"does not apply to this QEMU: {why}", mutant.place)


@contextlib.contextmanager
def open_tree(
    folder: Path, original: Path, say: Say, more: Sequence[str] = (), *, system: bool = False
) -> Iterator[Tree]:
    """Yield a tree that is built, and keep others from it.

    :raise MissingError: it cannot be built.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"waiting for another run in {folder}")
            fcntl.flock(lock, fcntl.LOCK_EX)
        tree = Tree(folder, original, more, system=system)
        tree.bring(say)
        yield tree


def _copy(original: Path, copy: Path, left_out: Sequence[str] = ()) -> None:
    """Make `copy` like `original`; a file that is equal keeps its age."""
    copy.mkdir(exist_ok=True)
    entries = {it.name: it for it in os.scandir(original) if it.name not in left_out}
    for left in {it.name for it in os.scandir(copy)} - set(entries):
        _remove(copy / left)
    for name, entry in entries.items():
        path = copy / name
        if entry.is_dir(follow_symlinks=False):
            if not path.is_dir() or path.is_symlink():
                _remove(path)
            _copy(Path(entry.path), path)
        elif entry.is_symlink() or not path.exists():
            _remove(path)
            shutil.copy2(entry.path, path, follow_symlinks=False)
        elif not _same(entry, path):
            shutil.copyfile(entry.path, path)


def _same(entry: "os.DirEntry[str]", path: Path) -> bool:
    ours, theirs = path.lstat(), entry.stat(follow_symlinks=False)
    if ours.st_size != theirs.st_size:
        return False
    if ours.st_mtime_ns == theirs.st_mtime_ns:
        return True
    return filecmp.cmp(entry.path, path, shallow=False)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _run(command: Sequence[str], cwd: Path, what: str) -> None:
    """Run a program that is part of a build.

    :raise MissingError: it is not there, or fails: `what`, and why in one line.
    """
    try:
        process = subprocess.Popen(
            command,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            process_group=0,
            preexec_fn=die_with_parent,  # noqa: PLW1509 - no threads here
        )
    except OSError as error:
        raise MissingError(
            f"{what}: {command[0]} does not start: {error.strerror}; "
            "`python3 tools/bootstrap build` installs it, or says how"
        ) from error
    with process:
        try:
            said, _ = process.communicate()
        except BaseException:
            end_group(process)
            raise
    if process.returncode:
        raise MissingError(f"{what} cannot be built: {_reason(said)}")


def _reason(said: str) -> str:
    """Return the line that says why."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    for reason in REASONS:
        found = [line for line in lines if re.search(reason, line)]
        if found:
            return found[0]
    return lines[-1] if lines else "it said nothing"
