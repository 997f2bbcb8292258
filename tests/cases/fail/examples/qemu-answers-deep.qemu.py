# SPDX-License-Identifier: GPL-2.0-or-later
from stand_in import greet, hang, hear, say

greet()
name = str(hear()["id"]).encode()
say(b'{"return": ', b"[" * 10_000, b"]" * 10_000, b', "id": "', name, b'"}\n')
hang()
