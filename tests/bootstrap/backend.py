# SPDX-License-Identifier: GPL-2.0-or-later
"""A build backend that needs nothing, so that a set-up can be tested without a network."""

import zipfile
from pathlib import Path

FILES = {
    "tiny.py": "",
    "tiny-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: tiny\nVersion: 1\n",
    "tiny-1.dist-info/WHEEL": (
        "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    ),
}


def build_editable(
    directory: str, config_settings: object = None, metadata_directory: object = None
) -> str:
    del config_settings, metadata_directory
    name = "tiny-1-py3-none-any.whl"
    with zipfile.ZipFile(Path(directory, name), "w") as wheel:
        for file, text in FILES.items():
            wheel.writestr(file, text)
        record = [f"{file},," for file in [*FILES, "tiny-1.dist-info/RECORD"]]
        wheel.writestr("tiny-1.dist-info/RECORD", "\n".join(record))
    return name
