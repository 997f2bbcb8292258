# SPDX-License-Identifier: GPL-2.0-or-later
"""Which release a condition means."""

import pytest
from blockdoc.errors import AuthorError, QemuError
from blockdoc.transcript import Condition, Release, choose
from transcript_support import PLACE, qemu


def _conditions(*texts: str | None) -> list[Condition | None]:
    return [Condition.parse(text, PLACE) if text else None for text in texts]


@pytest.mark.parametrize(
    ("text", "release"),
    [
        ("7.2.22 (Debian 1:7.2+dfsg-7+deb12u18)", (7, 2, 22)),
        ("QEMU emulator version 10.0.13", (10, 0, 13)),
        ("10.0", (10, 0, 0)),
        ("10.0.50", (10, 1, 0)),
        ("10.1.93 (v10.2.0-rc3)", (10, 2, 0)),
        ("10.2.50 (v10.2.0-1234-gabcdef)", (11, 0, 0)),
        ("10.2.0-rc1", (10, 2, 0)),
        ("7.2.91", (8, 0, 0)),
    ],
)
def test_a_development_version_is_the_release_to_come(
    text: str, release: tuple[int, int, int]
) -> None:
    assert Release.parse(text) == release


def test_releases_are_ordered_and_named() -> None:
    assert Release.parse("9.2.4") < Release.parse("10.0.0") < Release.parse("10.0.1")
    assert str(Release(10, 0, 2)) == "10.0.2"
    assert Release(10, 0, 2).series == "10.0"


def test_a_version_that_cannot_be_read_is_qemus_fault() -> None:
    with pytest.raises(QemuError, match=r"`rubbish`; expected one such as 10\.0\.2"):
        Release.parse("rubbish")


@pytest.mark.parametrize(
    ("text", "release", "applies"),
    [
        ("qemu >= 10.0", "10.0.0", True),
        ("qemu >= 10.0", "9.2.4", False),
        ("qemu >= 10.0.5", "10.0.4", False),
        ("qemu <= 10.0", "10.0.13", True),
        ("qemu <= 10.0", "10.1.0", False),
        ("qemu < 10.0", "10.0.0", False),
        ("qemu > 10.0", "10.0.13", False),
        ("qemu > 10.0", "10.0.50", True),
        ("qemu == 7.2", "7.2.22", True),
        ("qemu == 7.2", "8.0.0", False),
        ("qemu>=8.0,qemu<10.0", "9.0.0", True),
        ("qemu >= 8.0, qemu < 10.0", "7.2.22", False),
        ("qemu >= 8.0, qemu < 10.0", "10.0.0", False),
    ],
)
def test_conditions(text: str, release: str, *, applies: bool) -> None:
    condition = Condition.parse(text, PLACE)
    assert condition.applies(qemu(release)) is applies
    assert str(condition) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "10.0",
        "qemu 10.0",
        "qemu => 10.0",
        "qemu >= 10,",
        "q >= 1.0",
        "command",
        "no qemu >= 1.0",
        "not command x",
        "comand x",
    ],
)
def test_conditions_that_cannot_be_read_are_refused(text: str) -> None:
    with pytest.raises(
        AuthorError, match=r'some\.md:10: cannot read .* expected "qemu >= 10\.0"'
    ):
        Condition.parse(text, PLACE)


@pytest.mark.parametrize(
    ("conditions", "release", "index"),
    [
        ([None], "7.2.0", 0),
        (["qemu < 10.0", "qemu >= 10.0"], "7.2.22", 0),
        (["qemu < 10.0", "qemu >= 10.0"], "10.0.0", 1),
        (["qemu < 10.0", "qemu >= 10.0"], "11.1.3", 1),
        (["qemu < 10.0", "qemu >= 10.0, qemu < 11.0"], "11.0.0", 1),
        (["qemu >= 10.0, qemu <= 10.2", "qemu < 10.0"], "11.1.3", 0),
        (["qemu == 7.2", "qemu == 10.0"], "11.1.3", 1),
        (["qemu == 7.2", "qemu == 10.0"], "10.1.0", 1),
    ],
)
def test_one_alternative_applies(
    conditions: list[str | None], release: str, index: int
) -> None:
    assert choose(_conditions(*conditions), qemu(release)) == index


@pytest.mark.parametrize(
    ("conditions", "release", "message"),
    [
        (
            ["qemu >= 10.0", "qemu >= 9.0"],
            "10.0.0",
            "more than one .* 10.0.0 .*line 10: qemu >= 9.0",
        ),
        (["qemu >= 10.0", None], "10.0.0", "more than one .* without a condition"),
        (["qemu >= 10.0"], "9.0.0", "no alternative applies to QEMU 9.0.0 .*widen one"),
        (["qemu == 7.2", "qemu == 10.0"], "8.0.0", "no alternative applies"),
        (["qemu == 7.2", "qemu >= 10.0"], "8.0.0", "no alternative applies"),
        (["qemu == 10.0", "qemu == 10.0"], "11.0.0", "more than one"),
    ],
)
def test_none_or_several_are_refused(
    conditions: list[str | None], release: str, message: str
) -> None:
    with pytest.raises(AuthorError, match=message):
        choose(_conditions(*conditions), qemu(release))


CHANGE = ("command", "block-job-change")


@pytest.mark.parametrize(
    ("text", "applies"),
    [
        ("command block-job-change", True),
        ("no command block-job-change", False),
        ("command block-job-set-speed", False),
        ("no  event  block-job-change", True),
        ("event BLOCK_IO_ERROR", True),
        ("driver nbd", True),
        ("no driver nbd", False),
        ("qemu >= 10.0, command block-job-change", True),
        ("qemu >= 10.1, command block-job-change", False),
        ("command block-job-change, no driver nbd", False),
    ],
)
def test_a_condition_asks_what_qemu_offers(text: str, *, applies: bool) -> None:
    target = qemu("10.0.13", CHANGE, ("event", "BLOCK_IO_ERROR"), ("driver", "nbd"))
    assert Condition.parse(text, PLACE).applies(target) is applies


def test_the_schema_is_not_asked_where_the_release_does_not_fit() -> None:
    class Silent:
        release = Release(7, 2)

        def has(self, kind: str, name: str) -> bool:
            raise AssertionError(kind, name)

    assert not Condition.parse("command x, qemu >= 10.0", PLACE).applies(Silent())


@pytest.mark.parametrize(("offers", "index"), [((CHANGE,), 0), ((), 1)])
def test_a_release_newer_than_all_conditions_still_offers_what_it_offers(
    offers: tuple[tuple[str, str], ...], index: int
) -> None:
    conditions = _conditions(
        "qemu <= 10.0, command block-job-change",
        "qemu <= 10.0, no command block-job-change",
        "qemu < 9.0",
    )
    assert choose(conditions, qemu("11.1.3", *offers)) == index
