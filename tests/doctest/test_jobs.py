# SPDX-License-Identifier: GPL-2.0-or-later
"""Which job a command acts on."""

import pytest
from blockdoc.doctest.jobs import jobs_of_command


@pytest.mark.parametrize(
    ("command", "arguments", "jobs"),
    [
        ("job-pause", {"id": "one"}, ["one"]),
        ("block-job-cancel", {"device": "one"}, ["one"]),
        ("block-job-change", {"id": "one", "type": "mirror"}, ["one"]),
        ("block-export-del", {"id": "export"}, []),
        ("eject", {"device": "drive"}, []),
        ("block-commit", {"device": "top", "job-id": "one"}, ["one"]),
        ("transaction", {"actions": [{"data": {"job-id": "one"}}, {"data": {}}]}, ["one"]),
    ],
)
def test_the_jobs_of_a_command(command: str, arguments: dict[str, object], jobs: list[str]):
    assert list(jobs_of_command({"execute": command, "arguments": arguments})) == jobs  # type: ignore[dict-item]
