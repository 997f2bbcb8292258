# SPDX-License-Identifier: GPL-2.0-or-later
"""A root file system with libvirt and QEMU, thrown away after use or kept in the cache.

::

    mmdebstrap ──► $BLOCKDOC_CACHE/libvirt/SUITE ──► configuration ──► bound, chroot (house)

The host has neither libvirt nor that QEMU installed for it.
"""

import os
from pathlib import Path

from blockdoc.cachedir import cache_folder
from blockdoc.errors import MissingError
from blockdoc.qemu.distribution import run_program
from blockdoc.qemu.mirror import own_mirror, suites_beside
from blockdoc.qemu.place import Say, beside, locked, remove_place

__all__ = ["SUITES", "bring_root", "remove_root", "root_of"]

#: Suites of Debian, each a pair of libvirt and QEMU; the last one moves.
SUITES = ("bookworm", "trixie", "forky")
MOVING = ("forky",)
PACKAGES = (
    *("libvirt-daemon", "libvirt-daemon-driver-qemu", "libvirt-clients"),
    *("qemu-system-x86", "qemu-utils", "libnbd-bin"),
    *("mount", "hostname"),  # of the second daemon
)
#: Bookworm has the driver of secrets in the daemon's own package.
SECRETS = "libvirt-daemon-driver-secret"


def root_of(suite: str) -> Path:
    """Return the folder of a root, or where it would be."""
    return cache_folder("libvirt") / suite


def bring_root(suite: str, say: Say) -> Path:
    """Bring the root if it is not there; `say` hears what is being done.

    :raise MissingError: it cannot be had, or we may not make it.
    """
    if os.geteuid() != 0:
        raise MissingError(
            "libvirt-record mounts and changes roots, in namespaces of its own: be root"
        )
    place = root_of(suite)
    with locked(place, say):
        if not place.is_dir():
            with beside(place) as folder:
                tree = folder / "tree"
                what = f"libvirt of {suite} cannot be installed"
                run_program(_mmdebstrap(suite, tree), what, say)
                tree.rename(place)
    return place


def remove_root(suite: str, say: Say) -> bool:
    """Remove a root; say whether it was there."""
    return remove_place(root_of(suite), say)


def _mmdebstrap(suite: str, tree: Path) -> list[str]:
    mirror = own_mirror()
    packages = PACKAGES if suite == "bookworm" else (*PACKAGES, SECRETS)
    command = [
        *("mmdebstrap", "--mode=root", "--variant=apt", "--format=directory"),
        f"--include={','.join(packages)}",
    ]
    if suite in MOVING:  # its mirrors may be behind; it has no updates of its own
        command.append('--aptopt=Acquire::Check-Valid-Until "false"')
    else:
        command += suites_beside(suite, (), mirror)
    return [*command, suite, str(tree), *([mirror.packages] if mirror else [])]
