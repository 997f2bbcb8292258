# SPDX-License-Identifier: GPL-2.0-or-later
from stand_in import greet, hang, hear, say

greet()
hear()
say(b"[1, 2]\n")
hang()
