# SPDX-License-Identifier: GPL-2.0-or-later
from stand_in import go_on, say

say(b"SSH-2.0-OpenSSH_9.2\r\n")
go_on()
