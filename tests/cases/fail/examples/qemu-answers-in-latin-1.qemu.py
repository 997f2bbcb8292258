# SPDX-License-Identifier: GPL-2.0-or-later
from stand_in import greet, hang, hear, say

greet()
hear()
say(b'{"return": "\xe9\xff", "id": "x"}\n')
hang()
