# SPDX-License-Identifier: GPL-2.0-or-later
from stand_in import greet, say

greet()
while True:
    say({"event": "STOP", "timestamp": {"seconds": 1, "microseconds": 1}})
