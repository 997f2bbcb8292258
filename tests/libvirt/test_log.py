# SPDX-License-Identifier: GPL-2.0-or-later
"""The log of a libvirtd 11.3 becomes messages: an excerpt of what the recorder had."""

from pathlib import Path

import pytest
from blockdoc.errors import QemuError
from blockdoc.libvirt.log import LogReader

LOG = Path(__file__).with_name("libvirtd.log").read_text()


def test_what_is_sent_answered_and_told() -> None:
    """Each once, although the log repeats what it writes to the socket."""
    said = LogReader().read(LOG)
    assert [
        (it.arrow, it.message.get("execute") or it.message.get("event") or it.to) for it in said
    ] == [
        ("->", "qmp_capabilities"),
        ("->", "qmp_capabilities"),
        ("->", "query-cpus-fast"),
        ("<-", "query-cpus-fast"),
        ("->", "query-iothreads"),
        ("<-", "query-iothreads"),
        ("->", "query-chardev"),
        ("<-", "query-chardev"),
        ("->", "object-add"),
        ("<-", "object-add"),
        ("->", "blockdev-add"),
        ("<-", "DEVICE_DELETED"),
    ]


def test_a_second_qemu_at_the_same_address() -> None:
    """Libvirt frees a monitor, and the next one lies where it was."""
    said = LogReader().read(LOG)
    addresses = [line.split("mon=")[1].split()[0] for line in LOG.split("\n") if "_NEW" in line]
    assert addresses[0] == addresses[1]
    assert [it.monitor for it in said] == [0, 1, *[2] * 6, *[3] * 4]


def test_a_reply_in_a_later_piece() -> None:
    """Each step of an operation is read by itself."""
    sent, replied = [line for line in LOG.split("\n") if '"libvirt-630"' in line][::2]
    reader = LogReader()
    (first,) = reader.read(f"{sent}\n")
    (second,) = reader.read(f"{replied}\n")
    assert (first.message["execute"], second.to) == ("object-add", "object-add")
    assert first.monitor == second.monitor


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("x: QEMU_MONITOR_SEND_MSG: vm=0x1 text={}", "a line of a new kind"),
        ('x: QEMU_MONITOR_RECV_EVENT: mon=0x1 event={"event": }', "has no JSON"),
    ],
)
def test_a_log_of_another_kind(line: str, said: str) -> None:
    """What is not understood is an error, not a gap in the conversation."""
    with pytest.raises(QemuError, match=said):
        LogReader().read(line)
