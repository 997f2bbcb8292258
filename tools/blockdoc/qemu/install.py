# SPDX-License-Identifier: GPL-2.0-or-later
"""Bring a release of QEMU into the cache, without touching the host.

::

    lock  ──►  mmdebstrap: resolve, download, check signatures, unpack into an archive
          ──►  tar: what QEMU needs of it, owned by this user, into a folder beside the place
          ──►  ask it for its version
          ──►  rename into place

No maintainer script runs.
"""

import os
from pathlib import Path

from blockdoc.errors import MissingError
from blockdoc.qemu.build import Build, find_build
from blockdoc.qemu.distribution import run_program
from blockdoc.qemu.mirror import Mirror, own_mirror, suites_beside
from blockdoc.qemu.place import Say, beside, locked, remove_place
from blockdoc.qemu.releases import Supported, packages, release_tree

__all__ = ["install", "remove"]

#: Parts of the archive that no program of QEMU reads.
LEFT_OUT = (
    *("./dev", "./etc", "./tmp", "./var", "./lib64"),
    *(f"./usr/share/{name}" for name in ("doc", "info", "lintian", "locale", "man")),
)
#: Older suites have /lib beside /usr/lib.
ONE_LIB = "--transform=s,^\\./lib/,./usr/lib/,"


def install(release: Supported, say: Say, *, again: bool = False) -> Build:
    """Bring `release` if it is not there, or if `again`; `say` hears what is being done.

    :raise MissingError: it cannot be had; with the reason in one line.
    """
    place = release_tree(release.series)
    with locked(place, say):
        if again or not place.is_dir():
            _bring(release, place, say)
    return find_build({"QEMU_BUILD": release.series})


def remove(series: str, say: Say) -> bool:
    """Remove a release; say whether it was there."""
    return remove_place(release_tree(series), say)


def _bring(release: Supported, place: Path, say: Say) -> None:
    with beside(place) as folder:
        archive, tree = folder / "packages.tar", folder / "tree"
        what = f"QEMU {release.series} cannot be installed"
        # Where user namespaces are used, others than this user must reach the folder.
        own = {"TMPDIR": str(folder)} if os.geteuid() == 0 else {}
        run_program(_mmdebstrap(release, archive, own_mirror()), what, say, surroundings=own)
        tree.mkdir()
        say("unpacking")
        run_program(_tar(archive, tree), what, say)
        _check(release, tree)
        if place.is_dir():
            place.rename(folder / "old")
        tree.rename(place)


def _mmdebstrap(release: Supported, archive: Path, mirror: Mirror | None) -> list[str]:
    command = [
        *("mmdebstrap", "--variant=extract", "--format=tar", "--skip=output/dev"),
        f"--mode={'root' if os.geteuid() == 0 else 'unshare'}",
        f"--include={','.join(packages())}",
    ]
    command += suites_beside(release.suite, release.extra, mirror)
    if release.extra:
        command.append(f'--aptopt=APT::Default-Release "{release.extra[-1]}"')
    return [*command, release.suite, str(archive), *([mirror.packages] if mirror else [])]


def _tar(archive: Path, tree: Path) -> list[str]:
    return [
        *("tar", "--extract", "--no-same-owner", "--no-same-permissions"),
        *(f"--exclude={name}" for name in LEFT_OUT),
        *(ONE_LIB, f"--directory={tree}", f"--file={archive}"),
    ]


def _check(release: Supported, tree: Path) -> None:
    build = find_build({"QEMU_BUILD": str(tree)})
    if build.release.series != release.series:
        suites = " and ".join([release.suite, *release.extra])
        raise MissingError(
            f"QEMU {release.series} cannot be installed: {suites} has QEMU {build.version} "
            "now; change tools/blockdoc/qemu/releases.toml"
        )
