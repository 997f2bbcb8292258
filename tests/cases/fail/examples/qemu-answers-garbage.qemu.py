# SPDX-License-Identifier: GPL-2.0-or-later
from stand_in import greet, hang, hear, say

greet()
hear()
say(b"\x00\x01}{ garbage\n")
hang()
