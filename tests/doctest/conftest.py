# SPDX-License-Identifier: GPL-2.0-or-later
"""Little projects with one example each, run by a pytest of their own."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _needs_qemu() -> None:
    """Skip without a QEMU; in CI that is an error."""
    if shutil.which("qemu-storage-daemon") or os.environ.get("QEMU_BUILD"):
        return
    if os.environ.get("CI"):
        pytest.fail("no qemu-storage-daemon on PATH, and CI must not go without")
    pytest.skip("no qemu-storage-daemon on PATH")


@pytest.fixture
def project(pytester: pytest.Pytester) -> Callable[..., Path]:
    """Return what writes an example into an empty project, and its path."""
    pytester.makeini("[pytest]\n")

    def write(text: str, name: str = "t/one") -> Path:
        path = pytester.path / "examples" / f"{name}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    return write
