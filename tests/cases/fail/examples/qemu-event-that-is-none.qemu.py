# SPDX-License-Identifier: GPL-2.0-or-later
from stand_in import go_on, greet, hear, say

greet()
name = hear()["id"]
say({"event": 5, "data": [1]}, {"return": {}, "id": name})
go_on()
