# SPDX-License-Identifier: GPL-2.0-or-later
"""A repository with two examples, and a release that is installed by pretence."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

EXAMPLE = """\
---
{front}
---

# An example

```{{qmp-example}}
:id: {name}-one

-> {{ "execute": "query-jobs" }}
<- {{ "return": {answer} }}
```

```{{qmp-example}}
:id: {name}-two

-> {{ "execute": "query-block-exports" }}
<- {{ "return": [] }}
```
"""


@pytest.fixture
def example(tmp_path: Path) -> Callable[..., Path]:
    """Return what writes an example of two steps, the first of which has `answer`."""
    root = tmp_path / "repository"

    def write(name: str, answer: str = "[]", front: str = "title: x") -> Path:
        path = root / "examples/t" / f"{name}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(EXAMPLE.format(name=name, answer=answer, front=front))
        return path

    return write


@pytest.fixture
def root(tmp_path: Path, example: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a repository with two examples; it is the current folder."""
    example("good")
    example("new", front="requires: qemu >= 99.0")
    folder = tmp_path / "repository"
    (folder / "pyproject.toml").write_text("[tool.pytest.ini_options]\n")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("CI", "true")
    monkeypatch.delenv("QEMU_BUILD", raising=False)
    return folder


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the series of a release whose programs are those of PATH."""
    monkeypatch.setenv("BLOCKDOC_CACHE", str(tmp_path / "cache"))
    series = "7.2"
    folder = tmp_path / "cache/qemu" / series / "bin"
    folder.mkdir(parents=True)
    for program in ("qemu-storage-daemon", "qemu-img", "qemu-io"):
        found = shutil.which(program)
        if found is None:
            if os.environ.get("CI"):
                pytest.fail(f"no {program} on PATH, and CI must not go without")
            pytest.skip(f"no {program} on PATH")
        (folder / program).symlink_to(found)
    return series
