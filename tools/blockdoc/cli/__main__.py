# SPDX-License-Identifier: GPL-2.0-or-later
"""``python -m blockdoc.cli`` is ``blockdoc``."""

import sys

from blockdoc.cli import main

sys.exit(main())
