# SPDX-License-Identifier: GPL-2.0-or-later
"""Set up what the arguments name, such as `python3 tools/bootstrap qemu graphviz`.

An older Python has to get as far as the line that turns it away, so what is
written above it is plain.
"""

import sys
from pathlib import Path

if sys.version_info < (3, 11):  # noqa: UP036 - an older one is what this looks for
    sys.exit(
        "set-up: Python 3.11 or newer is needed and this is {}.{}; "
        "name one that is: make PYTHON=python3.13 site".format(*sys.version_info)
    )

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bootstrap.command import main

sys.exit(main(sys.argv[1:]))
