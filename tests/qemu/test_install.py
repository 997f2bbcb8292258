# SPDX-License-Identifier: GPL-2.0-or-later
"""A release comes whole or not at all, and says in one line why it does not come."""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from blockdoc.errors import MissingError
from blockdoc.qemu import find_build
from blockdoc.qemu import install as module
from blockdoc.qemu.install import install, remove
from blockdoc.qemu.mirror import Mirror, own_mirror
from blockdoc.qemu.releases import Supported, choose_supported, installed, supported

Pretend = Callable[..., Path]
RELEASE = Supported("10.0", "trixie")
BACKPORT = Supported("10.0", "trixie", ("trixie-backports",))


@pytest.fixture(autouse=True)
def _no_mirror(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take mmdebstrap's own choice, whatever the apt of this machine says."""
    monkeypatch.setattr(module, "own_mirror", lambda: None)


def test_a_release_is_unpacked_without_what_qemu_does_not_read(
    pretend: Pretend, cache: Path
) -> None:
    pretend()
    heard: list[str] = []
    build = install(RELEASE, heard.append)
    assert build.version == "10.0.13"
    assert build.root == cache / "10.0"
    assert (cache / "10.0/usr/lib/x/libx.so").exists()  # /lib is a part of /usr/lib
    tops = {path.name for path in (cache / "10.0").iterdir() if any(path.iterdir())}
    assert tops == {"usr"}
    assert not (cache / "10.0/usr/share/doc").exists()
    assert heard == ["downloading packages with apt", "unpacking"]
    assert installed() == ["10.0"]


def test_what_is_there_is_not_brought_again_unless_asked(pretend: Pretend, cache: Path) -> None:
    pretend()
    install(RELEASE, str)
    pretend(version="10.0.14")
    assert install(RELEASE, str).version == "10.0.13"
    assert install(RELEASE, str, again=True).version == "10.0.14"
    assert sorted(path.name for path in cache.iterdir()) == [".10.0.lock", "10.0"]


def test_what_fails_says_its_last_words_in_one_line_and_leaves_nothing(
    pretend: Pretend, cache: Path
) -> None:
    pretend('echo "E: one" >&2; echo "E: no network" >&2; exit 25')
    with pytest.raises(MissingError) as caught:
        install(RELEASE, str)
    assert str(caught.value) == (
        "QEMU 10.0 cannot be installed: mmdebstrap ended with status 25 and said: "
        "E: one; E: no network"
    )
    assert [path.name for path in cache.iterdir()] == [".10.0.lock"]


def test_without_mmdebstrap_one_line_says_what_brings_it(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingError, match=r"mmdebstrap does not start.*tools/bootstrap"):
        install(RELEASE, str)
    assert [path.name for path in cache.iterdir()] == [".10.0.lock"]


def test_a_suite_that_has_moved_on_is_told_apart(pretend: Pretend) -> None:
    pretend(version="10.1.2")
    with pytest.raises(MissingError, match=r"trixie has QEMU 10\.1\.2 now.*releases\.toml"):
        install(RELEASE, str)
    assert installed() == []


def test_mmdebstraps_own_mirror_needs_no_name(pretend: Pretend) -> None:
    arguments = pretend()
    install(RELEASE, str)
    words = arguments.read_text().splitlines()
    assert words[-2] == "trixie"
    assert not any("://" in word for word in words)
    assert f"--mode={'root' if os.geteuid() == 0 else 'unshare'}" in words


@pytest.mark.parametrize("options", ["", '[signed-by="/k.gpg"] '])
def test_another_suite_comes_from_where_the_first_comes(
    pretend: Pretend, tmp_path: Path, options: str
) -> None:
    arguments = pretend()
    install(BACKPORT, str)
    words = arguments.read_text().splitlines()
    assert '--aptopt=APT::Default-Release "trixie-backports"' in words
    (hook,) = [word for word in words if word.startswith("--setup-hook=")]
    sources = tmp_path / "root/etc/apt/sources.list"
    sources.parent.mkdir(parents=True)
    sources.write_text(
        f"deb {options}http://a.example/d trixie main\n"
        f"deb {options}http://a.example/d trixie-updates main\n"
    )
    script = hook.removeprefix("--setup-hook=")
    subprocess.run(["/bin/sh", "-c", script, "exec", str(tmp_path / "root")], check=True)
    added = sources.read_text().splitlines()[2:]
    assert added == [f"deb {options}http://a.example/d trixie-backports main"]


def test_the_mirror_of_this_machine_is_used_with_its_updates_and_security(
    pretend: Pretend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mirror = Mirror("http://m.example/debian/", "http://s.example/security/")
    monkeypatch.setattr(module, "own_mirror", lambda: mirror)
    arguments = pretend()
    install(RELEASE, str)
    words = arguments.read_text().splitlines()
    assert words[-1] == "http://m.example/debian/"
    sources = tmp_path / "root/etc/apt/sources.list"
    sources.parent.mkdir(parents=True)
    sources.write_text("deb http://m.example/debian/ trixie main\n")
    for word in words:
        if word.startswith("--setup-hook="):
            script = word.removeprefix("--setup-hook=")
            subprocess.run(
                ["/bin/sh", "-c", script, "exec", str(tmp_path / "root")], check=True
            )
    assert sources.read_text().splitlines()[1:] == [
        "deb http://m.example/debian/ trixie-updates main",
        "deb http://s.example/security/ trixie-security main",
    ]


@pytest.mark.parametrize(
    ("targets", "mirror"),
    [
        ("", None),
        ("Ubuntu|Ubuntu|main|http://u.example/", None),
        ("Debian|Debian|contrib|http://d.example/", None),
        ("Debian|Debian|main|mirror+file:/etc/apt/mirrors/debian.list", None),
        ("Debian|Debian|main|http://d.example/", Mirror("http://d.example/", None)),
        (
            "Debian|Debian|main|http://d.example/\nDebian|Debian-Security|main|http://s.example/",
            Mirror("http://d.example/", "http://s.example/"),
        ),
    ],
)
def test_the_mirror_is_that_of_apt_if_it_is_debians(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, targets: str, mirror: Mirror | None
) -> None:
    program = tmp_path / "apt-get"
    program.write_text(f"#!/bin/sh\ncat <<'END'\n{targets}\nEND\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin")
    assert own_mirror() == mirror


def test_without_apt_there_is_no_mirror_to_take(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert own_mirror() is None


def test_two_installs_of_one_release_wait_for_each_other(pretend: Pretend, cache: Path) -> None:
    pretend()
    cache.mkdir(parents=True)
    heard: list[str] = []
    with (cache / ".10.0.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        thread = threading.Thread(target=install, args=(RELEASE, heard.append))
        thread.start()
        deadline = time.monotonic() + 10
        while not heard and time.monotonic() < deadline:
            time.sleep(0.02)
        assert heard == ["waiting for another install of it"]
    thread.join(20)
    assert installed() == ["10.0"]


def test_what_a_killed_install_left_is_no_release_and_is_removed(
    pretend: Pretend, cache: Path
) -> None:
    pretend()
    (cache / ".10.0-killed/tree/usr/bin").mkdir(parents=True)
    assert installed() == []
    install(RELEASE, str)
    assert not (cache / ".10.0-killed").exists()


#: A shell lets its background jobs ignore SIGINT, and they let us: not so at a terminal.
AS_TYPED = ("env", "--default-signal=INT")


@pytest.mark.parametrize("word", [signal.SIGINT, signal.SIGKILL])
def test_an_install_that_is_ended_ends_its_programs(
    pretend: Pretend, cache: Path, word: signal.Signals
) -> None:
    pretend("sleep 37.25")
    with subprocess.Popen(
        [*AS_TYPED, sys.executable, "-m", "blockdoc.cli", "qemu", "install", "10.0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "CI": "true"},
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "downloading" in line:
                break
        process.send_signal(word)
        rest = process.stderr.read()
        status = process.wait(30)
    assert status == (130 if word is signal.SIGINT else -signal.SIGKILL)
    assert "Traceback" not in rest
    assert installed() == []
    if word is signal.SIGINT:
        assert [path.name for path in cache.iterdir()] == [".10.0.lock"]
    deadline = time.monotonic() + 10
    while running(cache) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert running(cache) == []


def running(cache: Path) -> list[str]:
    """Return the programs whose command line names the cache."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes()
        except OSError:
            continue
        if os.fsencode(cache) in words:
            found.append(words.replace(b"\0", b" ").decode(errors="replace"))
    return found


def test_a_release_is_removed(pretend: Pretend, cache: Path) -> None:
    pretend()
    install(RELEASE, str)
    assert remove("10.0", str)
    assert not remove("10.0", str)
    assert [path.name for path in cache.iterdir()] == [".10.0.lock"]


def test_a_release_that_is_not_known_is_refused_with_those_that_are() -> None:
    with pytest.raises(MissingError, match=r"'9\.9' is no release .* there are 7\.2.*`all`"):
        choose_supported(["9.9"])
    assert choose_supported(["all"]) == supported()


def test_an_installed_release_has_a_name_for_qemu_build(pretend: Pretend, cache: Path) -> None:
    with pytest.raises(MissingError, match=r"not installed; `blockdoc qemu install 10\.0`"):
        find_build({"QEMU_BUILD": "10.0"})
    pretend()
    install(RELEASE, str)
    build = find_build({"QEMU_BUILD": "10.0"})
    assert (build.origin, build.root) == ("QEMU_BUILD=10.0", cache / "10.0")


def test_a_folder_that_is_called_like_a_release_is_written_with_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "10.0/qemu-storage-daemon"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho 'qemu-storage-daemon version 10.2.92 (v11.0.0-rc2)'\n")
    program.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    assert find_build({"QEMU_BUILD": "./10.0"}).release.series == "11.0"


@pytest.mark.usefixtures("cache")
def test_a_real_release_comes_from_the_distribution() -> None:
    """Needs mmdebstrap and a mirror; takes about ten seconds."""
    if shutil.which("mmdebstrap") is None:
        missing("mmdebstrap is not installed (`python3 tools/bootstrap releases`)")
    newest = supported()[-1]
    try:
        build = install(newest, str)
    except MissingError as error:
        missing(str(error))
    assert build.release.series == newest.series
    command = [*build.command("qemu-img"), "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert build.version in done.stdout


def missing(what: str) -> None:
    if os.environ.get("CI"):
        pytest.fail(f"{what}; in CI it must come")
    pytest.skip(what)
