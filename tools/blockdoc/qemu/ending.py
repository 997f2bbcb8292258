# SPDX-License-Identifier: GPL-2.0-or-later
"""Say how a program ended: from its exit status, and from what it printed before.

::

    QEMU aborted (SIGABRT): ../block.c:1234: bdrv_x: Assertion `…' failed.
"""

import re
import signal

__all__ = ["how_it_ended", "reason_in", "signal_of"]

#: Added to a signal's number by those who pass it on as an exit status: shells, bwrap.
SIGNALLED = 128
#: What a signal means, where its name alone does not say it.
MEANING = {
    "SIGABRT": "aborted (SIGABRT)",
    "SIGBUS": "crashed (SIGBUS)",
    "SIGFPE": "crashed (SIGFPE)",
    "SIGILL": "crashed (SIGILL)",
    "SIGSEGV": "crashed (SIGSEGV)",
    "SIGKILL": "was killed (SIGKILL)",
    "SIGSYS": "was killed (SIGSYS): it made a system call that its sandbox forbids",
    "SIGTRAP": "crashed (SIGTRAP)",
    "SIGXCPU": "was killed (SIGXCPU): it used too much processor time",
    "SIGXFSZ": "was killed (SIGXFSZ): a file became too large",
}
#: Lines that say why a program gave up: assert(3), GLib's, the sanitizers'.
REASONS = re.compile(
    r"""
    ^(?:[^:\s]+:\s)?(?P<assert>\S+:\d+:\s.*Assertion\s`.*'\sfailed\.)
    | ^(?:\*\*\s)?(?:ERROR:)(?P<glib>\S+:\d+:.*(?:assertion\sfailed|code\sshould\snot).*)
    | ^==\d+==\s?ERROR:\s(?P<sanitizer>\w+Sanitizer:.*)
    | ^(?P<undefined>\S+:\d+:\d+:\sruntime\serror:.*)
    """,
    re.MULTILINE | re.VERBOSE,
)


def signal_of(status: int) -> str | None:
    """Return the name of the signal that ended a program, if one did."""
    number = -status if status < 0 else status - SIGNALLED
    if number <= 0:
        return None
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}" if status < 0 else None


def how_it_ended(program: str, status: int, printed: str = "") -> str:
    """Return a sentence on how `program` ended, without a full stop of its own."""
    name = signal_of(status)
    reason = reason_in(printed) if status else None
    if name is None:
        how = f"ended, with exit status {status}"
    else:
        how = MEANING.get(name, f"was ended by {name}")
    return f"{program} {how}" + (f": {reason}" if reason else "")


def reason_in(printed: str) -> str | None:
    """Return the first line of `printed` that says why a program gave up."""
    found = REASONS.search(printed)
    return next(filter(None, found.groups())) if found else None
