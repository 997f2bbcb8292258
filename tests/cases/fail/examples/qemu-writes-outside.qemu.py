# SPDX-License-Identifier: GPL-2.0-or-later
from pathlib import Path

from stand_in import go_on, greet, hear, say

greet()
name = hear()["id"]
done = []
for folder in ("/", "/tmp", "/var/tmp", "/dev/shm", "..", "/usr"):  # noqa: S108
    try:
        Path(folder, "blockdoc-escape").write_text("x")
    except OSError as error:
        done.append(f"{folder}: {error.strerror}")
    else:
        done.append(f"{folder}: written")
say({"return": done, "id": name})
go_on()
