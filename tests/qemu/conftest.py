# SPDX-License-Identifier: GPL-2.0-or-later
"""A QEMU in a sandbox; a cache of its own, and an mmdebstrap that only pretends."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from blockdoc.errors import MissingError
from blockdoc.qemu import Build, find_build, walls_of

#: Makes an archive as mmdebstrap does: its last arguments are suite, archive, and a mirror.
PRETEND = r"""#!/bin/sh
printf '%s\n' "$@" > "$LOG/arguments"
echo "I: downloading packages with apt..."
echo "I: removing tempdir /tmp/mmdebstrap.x..."
{body}
for last in "$@"; do case "$last" in *.tar) archive=$last;; esac; done
tree=$(dirname "$archive")/pretended
mkdir -p "$tree/usr/bin" "$tree/usr/share/doc/qemu" "$tree/lib/x" "$tree/etc"
touch "$tree/usr/share/doc/qemu/changelog" "$tree/lib/x/libx.so" "$tree/etc/passwd"
printf '#!/bin/sh\necho "qemu-storage-daemon version {version}"\n' \
    > "$tree/usr/bin/qemu-storage-daemon"
chmod +x "$tree/usr/bin/qemu-storage-daemon"
tar --create --file="$archive" --directory="$tree" .
"""

Pretend = Callable[..., Path]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of releases, which is not there yet."""
    monkeypatch.setenv("BLOCKDOC_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache/qemu"


@pytest.fixture
def pretend(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pretend:  # noqa: ARG001
    """Return what puts an mmdebstrap on PATH that runs `body` and packs QEMU `version`."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    monkeypatch.setenv("LOG", str(tmp_path))

    def make(body: str = "", version: str = "10.0.13") -> Path:
        program = folder / "mmdebstrap"
        program.write_text(PRETEND.format(body=body, version=version))
        program.chmod(0o755)
        return tmp_path / "arguments"

    return make


@pytest.fixture
def build() -> Build:
    """Find a QEMU that can be run in a sandbox; in CI there must be one."""
    try:
        found = find_build()
        missing = walls_of(found).missing
    except MissingError as error:
        missing = str(error)
    if missing and os.environ.get("CI"):
        pytest.fail(f"{missing}, and CI must not go without")
    if missing:
        pytest.skip(missing)
    return found
