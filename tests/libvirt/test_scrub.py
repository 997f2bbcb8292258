# SPDX-License-Identifier: GPL-2.0-or-later
"""What differs from run to run is taken out, and nothing else."""

from pathlib import Path
from typing import Any

import pytest
from blockdoc.libvirt.log import LogReader, Said
from blockdoc.libvirt.scrub import message_of, scrub_text

LOG = Path(__file__).with_name("libvirtd.log").read_text()


def told(word: str, nth: int = 0) -> dict[str, Any]:
    """Return a message of the log, as a recording has it."""
    found = [it for it in LogReader().read(LOG) if word in (it.to, *it.message.values())]
    return message_of(found[nth])


def test_ids_and_times() -> None:
    """A reply has no id, an event no time."""
    path = "/machine/peripheral/virtio-disk2/virtio-backend"
    assert told("DEVICE_DELETED") == {"event": "DEVICE_DELETED", "data": {"path": path}}
    assert told("qmp_capabilities") == {"execute": "qmp_capabilities"}


def test_numbers_of_threads() -> None:
    """Those of the CPU's topology are 0 as they are."""
    (cpu,) = told("query-cpus-fast", 1)["return"]
    assert (cpu["thread-id"], cpu["cpu-index"]) == (0, 0)
    (thread,) = told("query-iothreads", 1)["return"]
    assert (thread["thread-id"], thread["poll-max-ns"]) == (0, 32768)


def test_secrets() -> None:
    """Neither the value nor its vector, encrypted as they are."""
    secret = told("object-add")["arguments"]
    assert (secret["data"], secret["iv"]) == ("BASE64", "BASE64")
    assert secret["keyid"] == "masterKey0"


def test_folders() -> None:
    """That of the domain counts lives, that of the other end is the same to its QEMU."""
    (chardev,) = told("query-chardev", 1)["return"]
    assert chardev["filename"] == "unix:/run/demo/monitor.sock,server=on"
    assert scrub_text("/dst/images/a.raw /images/b.raw") == "/images/a.raw /images/b.raw"


@pytest.mark.parametrize(
    ("command", "elided"),
    [("query-version", True), ("query-block", False), ("query-jobs", False)],
)
def test_long_answers(command: str, elided: bool) -> None:  # noqa: FBT001
    """They stay if they are about the block layer."""
    answer = Said("<-", {"return": ["x" * 5000], "id": "libvirt-1"}, 0, command)
    left = {"return": {"elided": "5004 bytes, not about the block layer"}}
    assert (message_of(answer) == left) is elided
