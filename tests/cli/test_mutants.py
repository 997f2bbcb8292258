# SPDX-License-Identifier: GPL-2.0-or-later
"""Which example notices a change: with a QEMU of shell scripts, built by ninja."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from blockdoc.cli import main
from blockdoc.doctest.matrix import _follow
from blockdoc.mutants.tree import Tree

Patch = Callable[..., None]

#: Stands for all programs: each runs the one of its name that is installed.
SOURCE = """\
#!/bin/sh
mood=good
case "$1$mood" in
--version*) ;;
*bad) exit 3 ;;
esac
exec "$(basename "$0")" "$@"
"""
#: Its compiler knows what is wrong.
CONFIGURE = """\
#!/bin/sh
src=$(cd "$(dirname "$0")" && pwd)
echo configured >> "$src/../configured"
cat > build.ninja << END
rule cc
  command = if grep -q mood=wrong \\$in; then echo "\\$in:2:1: error: wrong"; exit 1; fi; $
      cp \\$in \\$out && chmod +x \\$out
END
for it in storage-daemon/qemu-storage-daemon qemu-img qemu-io qemu-nbd; do
    echo "build $it: cc $src/block/io.c" >> build.ninja
done
"""
PATCH = """\
The mood changes.
{head}
--- a/block/{file}
+++ b/block/{file}
@@ -1,5 +1,5 @@
 #!/bin/sh
-mood={before}
+mood={after}
 case "$1$mood" in
 --version*) ;;
 *bad) exit 3 ;;
"""


@pytest.fixture
def qemu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return sources, and let nothing be fetched for them."""
    for program in ("ninja", "patch"):
        if not shutil.which(program):
            pytest.skip(f"no {program} on PATH")
    monkeypatch.setattr(Tree, "_fetch_python", lambda _: None)
    monkeypatch.setenv("PYTEST_XDIST_AUTO_NUM_WORKERS", "1")
    folder = tmp_path / "qemu"
    (folder / "block").mkdir(parents=True)
    (folder / "block/io.c").write_text(SOURCE)
    (folder / "configure").write_text(CONFIGURE)
    (folder / "configure").chmod(0o755)
    return folder


@pytest.fixture
def patch(root: Path) -> Patch:
    """Return what writes a mutant."""

    def write(
        name: str,
        after: str,
        before: str = "good",
        file: str = "io.c",
        head: str = "Topic: good\n",
    ) -> None:
        folder = root / "tests/mutants"
        folder.mkdir(parents=True, exist_ok=True)
        text = PATCH.format(before=before, after=after, file=file, head=head)
        (folder / f"{name}.patch").write_text(text)

    return write


def rows(capsys: pytest.CaptureFixture[str], qemu: Path, *more: str) -> tuple[int, list[dict]]:
    capsys.readouterr()
    status = main(["mutants", "--qemu-src", str(qemu), "--format", "json", *more])
    return status, json.loads(capsys.readouterr().out)


def copy(root: Path) -> Path:
    return root / "build/mutants/src/block/io.c"


@pytest.mark.usefixtures("installed")
def test_what_an_example_notices_is_told_with_its_step_and_the_tree_is_as_before(
    root: Path, qemu: Path, patch: Patch, capsys: pytest.CaptureFixture[str]
) -> None:
    patch("worse", "bad")
    status, (row,) = rows(capsys, qemu)
    assert status == 0
    assert row["noticed"]
    assert row["id"] == "examples/t/good.md::good-one"
    assert row["place"] == "examples/t/good.md:7"
    assert copy(root).read_text() == SOURCE
    built = root / "build/mutants/build/qemu-img"
    assert built.read_text() == SOURCE  # built anew, too
    assert (qemu / "block/io.c").read_text() == SOURCE


@pytest.mark.usefixtures("installed", "root")
def test_what_nothing_notices_is_a_failure_unless_its_reason_is_known(
    qemu: Path, patch: Patch, capsys: pytest.CaptureFixture[str]
) -> None:
    patch("other", "fair")
    assert main(["mutants", "--qemu-src", str(qemu)]) == 1
    said = capsys.readouterr().out
    assert "NOT NOTICED" in said
    assert "0 of 1 noticed" in said
    patch("other", "fair", head="Topic: good\nUnnoticed: moods are not shown\n")
    assert main(["mutants", "--qemu-src", str(qemu)]) == 0
    assert "not noticed: moods are not shown" in capsys.readouterr().out


@pytest.mark.usefixtures("installed")
def test_a_mutant_that_cannot_be_tried_is_one_line_and_the_others_go_on(
    root: Path, qemu: Path, patch: Patch, capsys: pytest.CaptureFixture[str]
) -> None:
    patch("a-far", "bad", before="fine")
    patch("b-uncompiled", "wrong")
    patch("c-elsewhere", "bad", file="none.c")
    patch("d-worse", "bad")
    status, found = rows(capsys, qemu)
    assert status == 2
    far, uncompiled, elsewhere, worse = (it["trouble"] for it in found)
    assert far == (
        "tests/mutants/a-far.patch:1: does not apply to this QEMU: Hunk #1 FAILED at 1."
    )
    assert "\n" not in uncompiled
    assert uncompiled.startswith("QEMU cannot be built: ")
    assert uncompiled.endswith("block/io.c:2:1: error: wrong")
    assert elsewhere == "tests/mutants/c-elsewhere.patch:1: this QEMU has no block/none.c"
    assert not worse
    assert copy(root).read_text() == SOURCE


@pytest.mark.usefixtures("installed", "patch")
def test_a_failure_that_does_not_come_again_is_chance(
    root: Path, qemu: Path, patch: Patch, capsys: pytest.CaptureFixture[str]
) -> None:
    patch("other", "fair")
    (root / "conftest.py").write_text(
        "import os, pathlib, pytest\n"
        "def pytest_runtest_setup(item):\n"
        "    mark = pathlib.Path(item.config.rootpath, 'once')\n"
        "    if 'mood=fair' in open(os.environ['QEMU_BUILD'] + '/qemu-img').read():\n"
        "        if not mark.exists():\n"
        "            mark.touch()\n"
        "            pytest.fail('chance')\n"
    )
    status, (row,) = rows(capsys, qemu)
    assert (root / "once").exists()
    assert (status, row["id"]) == (1, "")


def test_a_run_that_ended_with_its_failure_is_not_ended_again(tmp_path: Path) -> None:
    record = {"id": "examples/t/good.md::good-one", "outcome": "failed", "why": ""}
    results = tmp_path / "results"
    results.write_text(json.dumps(record) + "\n")
    process = subprocess.Popen([sys.executable, "-c", ""], process_group=0)
    process.wait()
    heard: list[str] = []
    found = _follow(process, results, heard.append, to_failure=True)
    assert list(found) == [record]
    assert heard == [record["id"]]


@pytest.mark.usefixtures("installed")
def test_what_fails_without_a_change_is_left_out(
    root: Path,
    qemu: Path,
    patch: Patch,
    example: Callable[..., Path],
    capsys: pytest.CaptureFixture[str],
) -> None:
    example("ill", answer="[ 1 ]")
    patch("other", "fair")
    assert main(["mutants", "--qemu-src", str(qemu)]) == 1
    said = capsys.readouterr()
    assert "examples/t/ill.md:7: fails without any change, and is left out" in said.err
    assert "2 steps skipped: requires qemu >= 99.0; this is QEMU" in said.err
    assert root.is_dir()


@pytest.mark.usefixtures("installed")
def test_the_sources_are_followed_and_configured_once(
    root: Path, qemu: Path, patch: Patch, capsys: pytest.CaptureFixture[str]
) -> None:
    patch("worse", "bad")
    rows(capsys, qemu)
    copy(root).write_text("left by one that was killed\n")
    (root / "build/mutants/src/strange").mkdir()
    (qemu / "new.c").write_text("new\n")
    assert rows(capsys, qemu)[0] == 0
    assert copy(root).read_text() == SOURCE
    assert (root / "build/mutants/src/new.c").exists()
    assert not (root / "build/mutants/src/strange").exists()
    assert (root / "build/mutants/configured").read_text() == "configured\n"


@pytest.mark.usefixtures("installed")
def test_ctrl_c_puts_the_tree_back(root: Path, qemu: Path, patch: Patch) -> None:
    patch("other", "fair")
    (root / "conftest.py").write_text(
        "import os, time\n"
        "def pytest_runtest_setup(item):\n"
        "    if 'mood=fair' in open(os.environ['QEMU_BUILD'] + '/qemu-img').read():\n"
        "        time.sleep(60)\n"
    )
    code = (
        "import sys\n"
        "from blockdoc.cli import main\n"
        "from blockdoc.mutants.tree import Tree\n"
        "Tree._fetch_python = lambda _: None\n"
        "sys.exit(main())\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code, "mutants", "--qemu-src", str(qemu)])
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                if "mood=fair" in (root / "build/mutants/build/qemu-img").read_text():
                    break
            time.sleep(0.1)
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
    finally:
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
    assert copy(root).read_text() == SOURCE


@pytest.mark.usefixtures("installed", "root")
def test_what_is_not_there_is_one_line(
    tmp_path: Path, patch: Patch, qemu: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["mutants"]) == 2
    assert capsys.readouterr().err.startswith("no patches in ")
    patch("worse", "bad")
    assert main(["mutants", "best"]) == 2
    assert "no best.patch in " in capsys.readouterr().err
    assert main(["mutants"]) == 2
    assert "or `blockdoc qemu source 10.0`" in capsys.readouterr().err
    assert main(["mutants", "--qemu-src", str(tmp_path)]) == 2
    assert "no sources of QEMU" in capsys.readouterr().err
    patch("strange", "bad", head="Subject: x\n")
    assert main(["mutants", "--qemu-src", str(qemu)]) == 2
    said = capsys.readouterr().err
    assert said.startswith("tests/mutants/strange.patch:2: 'Subject: x': expected one of ")
