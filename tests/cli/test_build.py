# SPDX-License-Identifier: GPL-2.0-or-later
"""`blockdoc qemu build`: what it tells configure, and what it says when it cannot."""

from pathlib import Path

import pytest
from blockdoc.cli import main
from blockdoc.mutants import Tree

CONFIGURE = """\
#!/bin/sh
echo "$@" >told
touch build.ninja
"""


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return sources that need no time to build, with a ninja that does nothing."""
    source, programs = tmp_path / "source", tmp_path / "programs"
    for path, text in ((source / "configure", CONFIGURE), (programs / "ninja", "#!/bin/sh\n")):
        path.parent.mkdir()
        path.write_text(text)
        path.chmod(0o755)
    monkeypatch.setenv("PATH", str(programs), prepend=":")
    monkeypatch.setattr(Tree, "_fetch_python", lambda _: None)
    return source


def test_it_passes_options_on_to_configure(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    folder = tmp_path / "made"
    more = ("--configure", "with-coroutine=sigaltstack", "disable-seccomp")
    assert main(["qemu", "build", str(source), "--folder", str(folder), *more]) == 0
    told = (folder / "build" / "told").read_text()
    assert told.endswith("--with-coroutine=sigaltstack --disable-seccomp\n")
    assert "--disable-system" in told
    assert str(folder / "build") in capsys.readouterr().out


def test_without_sources_it_says_how_to_get_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    words = ["qemu", "build", str(tmp_path / "no"), "--folder", str(tmp_path / "made")]
    assert main(words) == 2
    assert "no such folder; `blockdoc qemu source " in capsys.readouterr().err
    assert not (tmp_path / "made").exists()
