# SPDX-License-Identifier: GPL-2.0-or-later
from stand_in import go_on, say

say({"hello": 1})
go_on()
