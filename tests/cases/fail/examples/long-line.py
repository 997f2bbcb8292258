# SPDX-License-Identifier: GPL-2.0-or-later
"""A line of a million characters, in which a string is not closed."""

LONG = "x" * 1_000_000
EXAMPLE = f"""\
```{{qmp-example}}
:id: step

-> {{ "execute": "{LONG} }}
```
"""
