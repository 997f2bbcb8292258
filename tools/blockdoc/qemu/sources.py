# SPDX-License-Identifier: GPL-2.0-or-later
"""QEMU's sources: where they are, and how they are brought without touching the host.

::

    releases.toml  ──►  apt-get update      a list in a folder of its own, signature checked
                   ──►  apt-cache showsrc   the newest version of the series
                   ──►  apt-get source      unpacked, Debian's patches applied
                   ──►  rename into the cache

The patches matter: the stable updates of 7.2 are patches there.
"""

import os
import re
import shlex
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

from blockdoc.cachedir import cache_folder
from blockdoc.errors import MissingError
from blockdoc.qemu.distribution import run_program
from blockdoc.qemu.mirror import Mirror, own_mirror
from blockdoc.qemu.place import Say, beside, locked
from blockdoc.qemu.releases import Supported, is_series
from blockdoc.transcript import Release

__all__ = ["bring_source", "source_tree", "source_trees"]

#: Where Debian keeps the keys that its lists are signed with.
KEYS = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
#: The suite that gets no security updates.
UNSTABLE = "sid"
VERSION = re.compile(r"^Version: (\S+)", re.MULTILINE)


def source_tree(series: str) -> Path:
    """Return the folder of the sources of a series, or where they would be."""
    return cache_folder("source") / series


def source_trees(environment: Mapping[str, str] = os.environ) -> list[Path]:
    """Return the trees that QEMU_SRC names, or else those that were brought, oldest first."""
    if named := environment.get("QEMU_SRC"):
        return [Path(word).expanduser() for word in shlex.split(named)]
    folder = cache_folder("source", environment)
    found = folder.iterdir() if folder.is_dir() else ()
    there = [path for path in found if is_series(path.name)]
    return sorted(there, key=lambda path: Release.parse(path.name))


def bring_source(source: Supported, say: Say, *, again: bool = False) -> Path:
    """Bring the sources of a series if they are not there, or if `again`.

    :raise MissingError: they cannot be had; with the reason in one line.
    """
    place = source_tree(source.series)
    with locked(place, say):
        if again or not place.is_dir():
            _bring(source, place, say)
    return place


def _bring(source: Supported, place: Path, say: Say) -> None:
    what = f"the sources of QEMU {source.series} cannot be had"
    mirror = own_mirror()
    if mirror is None:
        raise MissingError(f"{what}: this machine's apt knows no mirror of Debian")
    with beside(place) as folder:
        apt = _apt(folder, source, mirror)
        say("asking for the list of sources")
        run_program([*apt("get"), "update"], what, say)
        version = _newest(apt, source, what)
        say("downloading and unpacking")
        run_program(
            [*apt("get"), "source", "--only-source", f"qemu={version}"], what, say, folder
        )
        (tree,) = (path.parent for path in folder.glob("qemu-*/VERSION"))
        if place.is_dir():
            place.rename(folder / "old")
        tree.rename(place)


def _apt(folder: Path, source: Supported, mirror: Mirror) -> Callable[[str], list[str]]:
    """Return what makes the beginning of a command of apt's that keeps to `folder`."""
    signed = f" [signed-by={KEYS}]" if KEYS.exists() else ""
    addresses = [(mirror.packages, source.suite)]
    if mirror.security and source.suite != UNSTABLE:
        addresses.append((mirror.security, f"{source.suite}-security"))
    lines = [f"deb-src{signed} {address} {suite} main\n" for address, suite in addresses]
    (folder / "sources.list").write_text("".join(lines), encoding="utf-8")
    for name in ("state/lists/partial", "cache/archives/partial"):
        (folder / name).mkdir(parents=True)
    options = {
        "Dir::Etc::SourceList": folder / "sources.list",
        "Dir::Etc::SourceParts": "/dev/null",
        "Dir::State": folder / "state",
        "Dir::Cache": folder / "cache",
        "APT::Sandbox::User": "root" if os.geteuid() == 0 else "",
    }
    words = [f"-o{name}={value}" for name, value in options.items()]
    return lambda program: [f"apt-{program}", "-qq", *words]


def _newest(apt: Callable[[str], list[str]], source: Supported, what: str) -> str:
    """Return the newest version of the series that apt knows.

    :raise MissingError: it knows of others only.
    """
    command = [*apt("cache"), "showsrc", "--only-source", "qemu"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    versions: list[str] = VERSION.findall(done.stdout)
    ours = [it for it in versions if series_of(it) == source.series]
    if ours:
        return max(ours, key=lambda it: [int(number) for number in re.findall(r"\d+", it)])
    others = ", ".join(sorted({series_of(it) for it in versions})) or "none at all"
    raise MissingError(
        f"{what}: {source.suite} has these series now: {others}; "
        "change tools/blockdoc/qemu/releases.toml"
    )


def series_of(version: str) -> str:
    """Return the series of a version of a package: ``10.2`` of ``1:10.2.2+ds-1``."""
    return ".".join(re.findall(r"\d+", version.rpartition(":")[2])[:2])
