# SPDX-License-Identifier: GPL-2.0-or-later
"""Let tests import what stands beside them."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
