# SPDX-License-Identifier: GPL-2.0-or-later
"""What marks a failed command, in the commands of an image."""

EXAMPLE = r"""---
images:
  a.raw: {size: 1M, data: ["\x019999 1"]}
---
```{qmp-example}
:id: step

-> {}
```
"""
