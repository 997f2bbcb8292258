# SPDX-License-Identifier: GPL-2.0-or-later
from stand_in import go_on, greet, hear, say

greet()
name = hear()["id"]
say({"return": "x" * 20_000_000, "id": name})
go_on()
