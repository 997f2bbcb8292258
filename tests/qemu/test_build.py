# SPDX-License-Identifier: GPL-2.0-or-later
"""Which QEMU is found, and what is said when there is none."""

from pathlib import Path

import pytest
from blockdoc.errors import MissingError, QemuError
from blockdoc.qemu import find_build
from blockdoc.transcript import Release

SAYS_VERSION = "#!/bin/sh\necho 'qemu-storage-daemon version 10.2.50 (v10.2.0-7-gabc)'\n"


def program(path: Path, text: str = SAYS_VERSION) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def test_a_build_tree_keeps_the_daemon_in_its_own_folder(tmp_path: Path) -> None:
    daemon = program(tmp_path / "storage-daemon" / "qemu-storage-daemon")
    image = program(tmp_path / "qemu-img")
    build = find_build({"QEMU_BUILD": str(tmp_path)})
    assert build.command("qemu-storage-daemon") == (str(daemon),)
    assert build.command("qemu-img") == (str(image),)
    assert build.version == "10.2.50"
    assert build.release == Release(11, 0)


def test_an_installed_tree_is_run_by_its_own_loader(tmp_path: Path) -> None:
    library = tmp_path / "usr/lib/x86_64-linux-gnu"
    loader = program(library / "ld-linux-x86-64.so.2", SAYS_VERSION)
    daemon = program(tmp_path / "usr/bin/qemu-storage-daemon")
    program(tmp_path / "usr/bin/qemu-system-x86_64")
    build = find_build({"QEMU_BUILD": str(tmp_path)})
    name = "qemu-storage-daemon"
    words = (str(loader), "--argv0", name, "--library-path", str(library), str(daemon))
    assert build.command(name) == words
    assert build.environment == {"QEMU_MODULE_DIR": str(library / "qemu")}
    assert build.command("qemu-system-x86_64")[-4:] == (
        *("-L", str(tmp_path / "usr/share/qemu")),
        *("-L", str(tmp_path / "usr/share/seabios")),
    )


def test_a_program_that_a_build_lacks_is_named_with_what_to_do(tmp_path: Path) -> None:
    program(tmp_path / "storage-daemon" / "qemu-storage-daemon")
    build = find_build({"QEMU_BUILD": str(tmp_path)})
    with pytest.raises(MissingError, match=r"no qemu-img in QEMU_BUILD=.*; install"):
        build.command("qemu-img")


def test_an_empty_qemu_build_means_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    daemon = program(tmp_path / "qemu-storage-daemon")
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    build = find_build({"QEMU_BUILD": ""})
    assert build.command("qemu-storage-daemon") == (str(daemon),)
    assert build.origin == "PATH"


def test_no_qemu_at_all_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingError) as caught:
        find_build({})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("#!/bin/sh\necho cannot load >&2\nexit 3\n", "cannot load"),
        ("#!/bin/sh\nexit 3\n", "exit status 3"),
        ("not a program", "does not run"),
    ],
)
def test_a_qemu_that_does_not_run_says_why(tmp_path: Path, text: str, message: str) -> None:
    program(tmp_path / "qemu-storage-daemon", text)
    with pytest.raises(QemuError, match=message):
        find_build({"QEMU_BUILD": str(tmp_path)})
