# SPDX-License-Identifier: GPL-2.0-or-later
from stand_in import go_on, greet, hear, say

greet()
hear()
say({"return": {}})
go_on()
