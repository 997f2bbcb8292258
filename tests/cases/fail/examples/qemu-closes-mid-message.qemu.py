# SPDX-License-Identifier: GPL-2.0-or-later
from stand_in import MONITOR, greet, hang, hear, say

greet()
hear()
say(b'{"return": {"a')
MONITOR.shutdown(2)
MONITOR.close()
hang()
