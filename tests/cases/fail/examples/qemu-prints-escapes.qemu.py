# SPDX-License-Identifier: GPL-2.0-or-later
import os

from stand_in import greet, hear

greet()
hear()
os.write(2, b"\x1b[2J\x1b]0;title\x07\xff\n")
raise SystemExit(3)
