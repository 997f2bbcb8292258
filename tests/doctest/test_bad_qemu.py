# SPDX-License-Identifier: GPL-2.0-or-later
"""What a broken or hostile QEMU does is stopped with a message, and leaves nothing."""

import sys
from pathlib import Path

import pytest
from blockdoc.cli import main

sys.path.insert(0, str(Path(__file__).parent))

from bad_input_support import has_stand_in, is_stopped, names


@pytest.mark.parametrize("case", [*filter(has_stand_in, names())], indirect=True)
def test_it_is_stopped_with_its_message(case: str, pytester: pytest.Pytester) -> None:
    is_stopped(case, pytester)


@pytest.mark.parametrize(
    ("case", "message"),
    [
        ("qemu-answers-garbage", "7: QEMU sent what is not QMP: it is not UTF-8"),
        ("qemu-answers-nan", "8: what QEMU answered cannot be written here: `NaN` is not JSON"),
        (
            "qemu-answers-with-half-a-surrogate",
            "8: what QEMU answered cannot be written here: string holds half of",
        ),
        ("qemu-answers-never", "7: no reply within 1 s"),
        ("qemu-answers-twice", "QEMU sent what is not QMP: an answer that nobody waits for"),
        ("qemu-aborts", "7: QEMU aborted (SIGABRT)"),
        ("qemu-leaves-children", "7: QEMU ended, with exit status 1"),
        ("qemu-statuses-without-end", "7: QEMU sent more than 100000 events"),
        ("qemu-events-without-end", "7: QEMU sent more than 100000 events"),
        ("qmp-creates-outside", ""),
        ("console-redirection", ""),
        ("console-tool-not-listed", "6: 'cat': examples do not run this"),
        ("fence-not-closed", "3: this fence is not closed"),
    ],
    indirect=["case"],
)
def test_record_is_stopped_too_and_writes_nothing(
    case: str,
    message: str,
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = pytester.path / "examples" / f"{case}.md"
    before = path.read_bytes()
    monkeypatch.chdir(pytester.path)
    status = main(["record", str(path)])
    told = capsys.readouterr().err
    assert "Traceback" not in told
    if message:
        assert status == 1
        assert message in told
        assert path.read_bytes() == before
