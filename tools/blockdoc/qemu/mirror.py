# SPDX-License-Identifier: GPL-2.0-or-later
"""Where Debian's packages come from: the mirror of this machine's own apt.

On a machine that is not Debian, or whose apt has not looked yet, mmdebstrap's own
choice is right, and so nothing is said here.
"""

import shutil
import subprocess
from dataclasses import dataclass

__all__ = ["Mirror", "own_mirror", "suites_beside"]

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


def suites_beside(suite: str, extra: tuple[str, ...], mirror: Mirror | None) -> list[str]:
    """Return mmdebstrap's options that take packages from other suites beside `suite`.

    These are `extra`, and the updates of `suite`.
    """
    if mirror is not None:  # of its own choice mmdebstrap has the updates already
        extra = (f"{suite}-updates", *extra)
    options = [f"--setup-hook={_also(suite, it)}" for it in extra]
    if mirror is not None and mirror.security:
        secure = f"{suite}-security"
        options.append(f"--setup-hook={_also(suite, secure, mirror.security)}")
    return options


def _also(suite: str, other: str, address: str = "\\3") -> str:
    """Return the shell command that repeats the source of `suite` for another suite.

    The line is ``deb [options] address suite main``; the options are mmdebstrap's.
    """
    line = rf"^(deb( \[[^]]*\])?) (\S+) {suite} main$"
    file = '"$1/etc/apt/sources.list"'
    script = f"s|{line}|\\1 {address} {other} main|p"
    return f"found=$(sed -nE '{script}' {file}) && echo \"$found\" >> {file}"
