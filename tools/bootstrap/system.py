# SPDX-License-Identifier: GPL-2.0-or-later
"""Programs that come from the distribution: QEMU, Graphviz, a compiler, a browser.

::

    on PATH (or QEMU_BUILD given)?  ──yes──►  nothing to do
         │ no
    apt-get, and root or sudo without a password?  ──yes──►  update, install
         │ no
    one line that says which packages to install  (an error, unless it can be done without)
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from bootstrap.errors import SetupError

__all__ = ["NEEDS", "Need", "provide"]


@dataclass(frozen=True, slots=True)
class Need:
    """Something that programs of the distribution do for us."""

    #: How a message calls it.
    title: str
    #: Programs that must all be on PATH; `a|b`: either.
    programs: tuple[str, ...]
    #: The packages that have them.
    debian: tuple[str, ...]
    fedora: tuple[str, ...]
    arch: tuple[str, ...]
    #: The environment variable that, when set, names another place to find them.
    instead: str | None = None
    #: What is lost without it, if it can be done without.
    optional: str | None = None
    #: Libraries that must be there to build with, as pkg-config knows them.
    libraries: tuple[str, ...] = ()
    #: Headers of those that it does not know.
    headers: tuple[str, ...] = ()

    def met(self) -> bool:
        """Say whether it is there."""
        if self.instead and os.environ.get(self.instead):
            return True
        programs = all(any(map(shutil.which, each.split("|"))) for each in self.programs)
        return programs and self._can_be_built_with()

    def _can_be_built_with(self) -> bool:
        if not all(Path("/usr/include", name).exists() for name in self.headers):
            return False
        return not self.libraries or not _status(["pkg-config", "--exists", *self.libraries])


NEEDS = {
    "qemu": Need(
        title="QEMU",
        programs=("qemu-storage-daemon", "qemu-system-x86_64", "qemu-img", "qemu-io"),
        debian=("qemu-system-common", "qemu-system-x86", "qemu-utils"),
        fedora=("qemu-img", "qemu-system-x86-core"),
        arch=("qemu-img", "qemu-system-x86", "qemu-tools"),
        instead="QEMU_BUILD",
    ),
    "libnbd": Need(
        title="libnbd's tools",
        programs=("nbdinfo", "nbdcopy"),
        debian=("libnbd-bin",),
        fedora=("libnbd",),
        arch=("libnbd",),
        optional="the examples that use them will be skipped",
    ),
    "sandbox": Need(
        title="bubblewrap",
        programs=("bwrap",),
        debian=("bubblewrap",),
        fedora=("bubblewrap",),
        arch=("bubblewrap",),
        optional="examples run without a sandbox",
    ),
    "graphviz": Need(
        title="Graphviz",
        programs=("dot",),
        debian=("graphviz",),
        fedora=("graphviz",),
        arch=("graphviz",),
    ),
    "releases": Need(
        title="mmdebstrap, which brings releases of QEMU,",
        programs=("mmdebstrap", "newuidmap", "gpg"),
        debian=("mmdebstrap", "uidmap", "gpg"),
        fedora=(),
        arch=(),
    ),
    "sources": Need(
        title="dpkg-source, which unpacks QEMU's sources,",
        programs=("apt-get", "dpkg-source"),
        debian=("dpkg-dev",),
        fedora=(),
        arch=(),
    ),
    "build": Need(
        title="what builds QEMU's storage daemon",
        programs=("cc", "ninja", "patch", "pkg-config"),
        debian=(
            *("gcc", "libc6-dev", "ninja-build", "patch", "pkg-config", "python3-venv"),
            *("libglib2.0-dev", "zlib1g-dev", "libaio-dev", "liburing-dev"),
            *("libseccomp-dev", "libgnutls28-dev", "libfuse3-dev"),
        ),
        fedora=(
            *("gcc", "ninja-build", "patch", "pkgconf-pkg-config"),
            *("glib2-devel", "zlib-devel", "libaio-devel", "liburing-devel"),
            *("libseccomp-devel", "gnutls-devel", "fuse3-devel"),
        ),
        arch=(
            *("gcc", "ninja", "patch", "pkgconf"),
            *("glib2", "zlib", "libaio", "liburing", "libseccomp", "gnutls", "fuse3"),
        ),
        libraries=("glib-2.0", "zlib", "liburing", "libseccomp", "gnutls", "fuse3"),
        headers=("libaio.h",),
    ),
    "gdb": Need(
        title="gdb",
        programs=("gdb", "objcopy", "strip"),
        debian=("gdb", "binutils", "libc6-dbg"),
        fedora=("gdb-headless", "binutils"),
        arch=("gdb", "binutils"),
    ),
    "browser": Need(
        title="Chromium",
        programs=("chromium|chromium-browser|google-chrome", "chromedriver"),
        debian=("chromium", "chromium-driver"),
        fedora=("chromium", "chromedriver"),
        arch=("chromium",),
        optional="the browser tests will be skipped",
    ),
}


def provide(needs: Iterable[Need]) -> None:
    """Install what is missing of `needs`, or say how to."""
    missing = [need for need in needs if not need.met()]
    if not missing:
        return
    prefix = _apt_prefix()
    if prefix is not None:
        _install(prefix, missing)
        missing = [need for need in missing if not need.met()]
    for need in missing:
        if need.optional:
            print(f"set-up: {need.title} is missing, {need.optional}; {_advice([need])}")
    required = [need for need in missing if not need.optional]
    if required:
        raise SetupError(f"{_titles(required)} missing; {_advice(required)}")


def _apt_prefix() -> list[str] | None:
    """Return what apt-get must be called through to install, or None if it cannot be."""
    if not shutil.which("apt-get"):
        return None
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") and not _status(["sudo", "-n", "true"]):
        return ["sudo", "-n"]
    return None


def _status(command: Sequence[str]) -> int:
    return subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, check=False
    ).returncode


def _install(prefix: Sequence[str], needs: Sequence[Need]) -> None:
    """Install the packages of `needs`; those that can be done without, on their own."""
    print(f"set-up: installing {_and([need.title for need in needs])} with apt-get", flush=True)
    if not _apt_get(prefix, "update"):
        return
    required = [package for need in needs if not need.optional for package in need.debian]
    if required:
        _apt_get(prefix, "install", *required)
    for need in needs:
        if need.optional:
            _apt_get(prefix, "install", *need.debian)


def _apt_get(prefix: Sequence[str], verb: str, *packages: str) -> bool:
    """Run apt-get quietly; show the end of what it said if it failed."""
    options = ["-o", "DPkg::Lock::Timeout=300", "-o", "Dpkg::Use-Pty=0", "-qq"]
    if verb == "install":
        options += ["-y", "--no-install-recommends"]
    done = subprocess.run(
        [
            *prefix,
            "env",
            "DEBIAN_FRONTEND=noninteractive",
            "apt-get",
            *options,
            verb,
            *packages,
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        tail = "\n".join(done.stdout.strip().splitlines()[-8:])
        print(f"{tail}\nset-up: apt-get {verb} failed", file=sys.stderr)
    return done.returncode == 0


def _titles(needs: Sequence[Need]) -> str:
    return _and([need.title for need in needs]) + (" is" if len(needs) == 1 else " are")


def _and(words: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def _advice(needs: Sequence[Need]) -> str:
    """Say in one line what to install, on each family of distributions."""
    families = {"Debian or Ubuntu": "debian", "Fedora": "fedora", "Arch": "arch"}
    lists = {
        name: [getattr(need, family) for need in needs] for name, family in families.items()
    }
    # A family that lacks something is not told to install the rest.
    known = [
        f"on {name}: {' '.join(chain.from_iterable(packages))}"
        for name, packages in lists.items()
        if all(packages)
    ]
    instead = [f"or set {need.instead}" for need in needs if need.instead]
    return f"install {'; '.join([*known, *instead])}"
