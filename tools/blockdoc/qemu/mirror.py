# SPDX-License-Identifier: GPL-2.0-or-later
"""Where Debian's packages come from: the mirror of this machine's own apt.

On a machine that is not Debian, or whose apt has not looked yet, mmdebstrap's own
choice is right, and so nothing is said here.
"""

import shutil
import subprocess
from dataclasses import dataclass

__all__ = ["Mirror", "own_mirror"]

FIELDS = ("ORIGIN", "LABEL", "COMPONENT", "REPO_URI")
FORMAT = "|".join(f"$({name})" for name in FIELDS)


@dataclass(frozen=True, slots=True)
class Mirror:
    """Addresses that apt uses."""

    packages: str
    #: Where security updates come from, if apt takes any.
    security: str | None


def own_mirror() -> Mirror | None:
    """Return the mirror of Debian that this machine's apt uses, if it uses one."""
    if shutil.which("apt-get") is None:
        return None
    command = ["apt-get", "indextargets", "--format", FORMAT, "Identifier: Packages"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    targets = [line.split("|") for line in done.stdout.splitlines()]
    found: dict[str, str] = {}
    for target in targets:
        if len(target) == len(FIELDS) and target[0] == "Debian" and target[2] == "main":
            found.setdefault(target[1], target[3])
    packages = found.get("Debian", "")
    if not packages.startswith(("http://", "https://")):  # mmdebstrap takes no others
        return None
    return Mirror(packages, found.get("Debian-Security"))
