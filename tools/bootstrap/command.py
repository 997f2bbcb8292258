# SPDX-License-Identifier: GPL-2.0-or-later
"""The command line of the set-up."""

import sys
from pathlib import Path

from bootstrap import environment, lock, system
from bootstrap.errors import SetupError

__all__ = ["main"]

ROOT = Path(__file__).resolve().parents[2]


def main(argv: list[str]) -> int:
    """Do what `argv` asks for; return the exit status."""
    try:
        if argv[:1] == ["lock"]:
            lock.write(ROOT, argv[1:])
        else:
            set_up(argv)
    except SetupError as error:
        print(f"set-up: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("set-up: interrupted; run it again to go on", file=sys.stderr)
        return 130
    return 0


def set_up(names: list[str]) -> None:
    """Make the programs `names` and the virtual environment be there."""
    unknown = [name for name in names if name not in system.NEEDS]
    if unknown:
        raise SetupError(f"no such thing: {unknown[0]}; there are {', '.join(system.NEEDS)}")
    system.provide([system.NEEDS[name] for name in names])
    environment.provide(ROOT)
