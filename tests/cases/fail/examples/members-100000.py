# SPDX-License-Identifier: GPL-2.0-or-later
"""100,000 members, of which the last is the first again."""

MEMBERS = ",".join(f'"{n:x}":1' for n in range(100_000))
EXAMPLE = f"""\
```{{qmp-example}}
:id: step

-> {{ {MEMBERS}, "0": 1 }}
```
"""
