# SPDX-License-Identifier: GPL-2.0-or-later
from stand_in import answer, greet, say

greet()
answer()
while True:
    say({"event": "JOB_STATUS_CHANGE", "data": {"id": "j", "status": "running"}})
