# SPDX-License-Identifier: GPL-2.0-or-later
from stand_in import MONITOR, go_on, greet, hang

greet()
go_on()
MONITOR.shutdown(2)
hang()
