# SPDX-License-Identifier: GPL-2.0-or-later
import sys

sys.exit("no such thing")
