# SPDX-License-Identifier: GPL-2.0-or-later
"""An array of gaps."""

GAPS = ", ".join(["..., 1"] * 5_000)
EXAMPLE = f"""\
```{{qmp-example}}
:id: step

-> {{ "execute": "query-jobs" }}
<- {{ "return": [ {GAPS} ] }}
```
"""
