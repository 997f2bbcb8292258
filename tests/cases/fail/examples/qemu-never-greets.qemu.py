# SPDX-License-Identifier: GPL-2.0-or-later
from stand_in import hang

hang()
