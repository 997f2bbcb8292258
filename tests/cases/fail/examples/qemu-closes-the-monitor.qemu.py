# SPDX-License-Identifier: GPL-2.0-or-later
from stand_in import MONITOR, greet, hang, hear

greet()
hear()
MONITOR.shutdown(2)
hang()
