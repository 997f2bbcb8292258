# SPDX-License-Identifier: GPL-2.0-or-later
"""What is recorded: operations as data, in groups of which each has a domain of its own.

A step is a line of shell, run where libvirt is; it begins with a word that says whose it is::

    virsh …      libvirt's: part of the operation
    guest …      a request of the guest: HMP's qemu-io on the device of vda
    client …     a client of NBD, beside libvirt
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from blockdoc.libvirt.domain import Domain

__all__ = ["GROUPS", "Group", "Operation", "domain_for", "lacking", "operations_of"]

#: The first release that has it, as libvirt numbers them.
Version = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation, recorded in a file of its own."""

    name: str
    steps: tuple[str, ...]
    note: str = ""
    #: What happens before, and is not recorded.
    before: tuple[str, ...] = ()
    #: What happens afterwards, and is not recorded.
    after: tuple[str, ...] = ()
    #: XML that steps name: ``/xml/NAME``.
    files: tuple[str, ...] = ()
    #: The first libvirt that can do it.
    since: Version = (0, 0)
    #: Why an older one cannot.
    lacks: str = ""
    #: Whether two daemons take part.
    migration: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Operations on one domain, one after the other."""

    name: str
    operations: tuple[Operation, ...]
    domain: Domain = field(default_factory=Domain)
    #: Whether the domain runs when the first of them begins.
    started: bool = True
    #: The first QEMU that lives through it with vda in an iothread.
    iothread_since: Version = (0, 0)
    #: Run with the domain's images there, before it starts.
    images: tuple[str, ...] = ()


def _op(name: str, *steps: str, **more: object) -> Operation:
    return Operation(name, steps, **more)  # type: ignore[arg-type]


def _hot(name: str, **more: object) -> tuple[Operation, Operation]:
    """Return attach and detach of a disk that an XML file of this name describes."""
    file = f"{name}.xml"
    more["files"] = (file,)
    return (
        _op(f"attach-disk-{name}", f"virsh attach-device demo /xml/{file} --live", **more),
        _op(f"detach-disk-{name}", f"virsh detach-device demo /xml/{file} --live", **more),
    )


_ATTACH: Final = "--driver qemu --subdriver qcow2 --cache none"
_MIGRATE: Final = (
    "virsh migrate demo 'qemu+unix:///system?socket=/dst/run/libvirt/libvirt-sock' --live "
    "--verbose --migrateuri tcp://127.0.0.1 --listen-address 127.0.0.1"
)
_COPY: Final = (
    "virsh blockcopy demo vda --dest /images/copy.qcow2 --format qcow2 --transient-job"
)
_COMMIT: Final = (
    "virsh blockcommit demo vda --top /images/mid.qcow2 --base /images/base.qcow2 "
    "--wait --verbose"
)
_OVERLAY: Final = "client qemu-img create -q -f qcow2 -F qcow2"
_SNAP_D: Final = (
    "virsh snapshot-create-as demo snapD --disk-only --atomic "
    "--diskspec vda,file=/images/snapD.qcow2 --diskspec vdb,snapshot=no"
)
_NO_GROUPS: Final[dict[str, object]] = {
    "since": (11, 2),
    "lacks": "has no throttle groups",
}
_UNPLUG: Final = (
    "no guest OS answers an unplug request, so the domain runs with -global "
    "ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off: native PCIe hot-unplug of an "
    "unpowered slot completes at once"
)
_NBD_SERVER: Final = (
    "client qemu-nbd --fork --persistent --format raw --export-name export0 "
    "--pid-file /images/nbd.pid --socket /images/nbd.sock /images/nbd.raw"
)
_NBD_END: Final = "client kill $(cat /images/nbd.pid)"

GROUPS: Final = (
    Group(
        "start",
        (
            _op("domain-start", "virsh start demo", files=("demo.xml",)),
            _op(
                "query-block-graph",
                """virsh qemu-monitor-command demo '{"execute":"x-debug-query-block-graph"}'""",
                note="x-debug-query-block-graph sent through libvirt",
            ),
            _op("domblkinfo", "virsh domblkinfo demo vda"),
            _op("domblkstat", "virsh domblkstat demo vda"),
            _op("domstats-block", "virsh domstats demo --block --backing"),
            _op("domblkerror", "virsh domblkerror demo"),
            _op("suspend-resume", "virsh suspend demo", "virsh resume demo"),
            _op(
                "blkdeviotune",
                "virsh blkdeviotune demo vda --total-iops-sec 100 --total-bytes-sec 1048576 "
                "--group-name grp0 --live",
            ),
            _op("blkdeviotune-query", "virsh blkdeviotune demo vda"),
            _op(
                "blkdeviotune-off",
                "virsh blkdeviotune demo vda --total-iops-sec 0 --total-bytes-sec 0 --live",
            ),
            _op("iothread-add", "virsh iothreadadd demo 2 --live"),
            _op("iothread-del", "virsh iothreaddel demo 2 --live"),
            _op("change-media-eject", "virsh change-media demo sda --eject --live"),
            _op(
                "change-media-insert",
                "virsh change-media demo sda /images/cd2.iso --insert --live",
            ),
            _op(
                "change-media-update",
                "virsh change-media demo sda /images/cd1.iso --update --live",
            ),
        ),
        started=False,
    ),
    Group(
        "size",
        (
            _op(
                "domblkthreshold",
                "virsh domblkthreshold demo vda 8M",
                "guest write -P 5 16M 8M",
                note="then 8 MiB are written at 16 MiB, so that the event fires",
            ),
            _op("blockresize", "virsh blockresize demo vda 128M"),
            _op("blockresize-raw", "virsh blockresize demo vdb 32M"),
        ),
    ),
    Group("destroy", (_op("domain-destroy", "virsh destroy demo"),)),
    Group(
        "hotplug",
        (
            _op(
                "attach-disk",
                f"virsh attach-disk demo /images/hot.qcow2 vdc --targetbus virtio {_ATTACH} "
                "--iothread 1 --serial HOT --live",
                note="virtio-blk on qcow2 in an iothread",
            ),
            _op("detach-disk", "virsh detach-disk demo vdc --live", note=_UNPLUG),
            _op(
                "attach-disk-scsi",
                f"virsh attach-disk demo /images/hot.qcow2 sdb --targetbus scsi {_ATTACH} "
                "--live",
            ),
            _op("detach-disk-scsi", "virsh detach-disk demo sdb --live"),
            _op(
                "attach-disk-iotune",
                "virsh attach-device demo /xml/hot-iotune.xml --live",
                files=("hot-iotune.xml",),
            ),
            _op("detach-disk-iotune", "virsh detach-disk demo vdc --live"),
            _op(
                "attach-disk-nbd",
                "virsh attach-device demo /xml/hot-nbd.xml --live",
                files=("hot-nbd.xml",),
                before=(_NBD_SERVER,),
            ),
            _op(
                "detach-disk-nbd",
                "virsh detach-disk demo vdd --live",
                after=(_NBD_END,),
            ),
            *_hot("copy-on-read"),
            *_hot("slice"),
            *_hot("discard-detect-zeroes"),
            *_hot("readonly"),
            *_hot("shareable"),
            *_hot("data-file"),
            *_hot("luks"),
            _op(
                "throttlegroup-set",
                "virsh domthrottlegroupset demo limit0 --total-iops-sec 200 --live",
                **_NO_GROUPS,
            ),
            _op(
                "attach-disk-throttle-group",
                "virsh attach-device demo /xml/hot-throttled.xml --live",
                files=("hot-throttled.xml",),
                **_NO_GROUPS,
            ),
            _op(
                "throttlegroup-update",
                "virsh domthrottlegroupset demo limit0 --total-iops-sec 400 --live",
                **_NO_GROUPS,
            ),
            _op(
                "detach-disk-throttle-group",
                "virsh detach-disk demo vdc --live",
                **_NO_GROUPS,
            ),
            _op(
                "throttlegroup-del",
                "virsh domthrottlegroupdel demo limit0 --live",
                **_NO_GROUPS,
            ),
        ),
    ),
    Group(
        "snapshot",
        (
            _op(
                "snapshot-create-disk-only",
                "virsh snapshot-create-as demo snap1 --disk-only --atomic "
                "--diskspec vda,file=/images/snap1.qcow2 "
                "--diskspec vdb,file=/images/data-snap1.qcow2",
            ),
            _op(
                "blockcommit-active-pivot",
                "virsh blockcommit demo vda --active --shallow --pivot --wait --verbose",
                before=("guest write -P 6 1M 256k",),
            ),
        ),
    ),
    Group(
        "snapshot-reuse",
        (
            _op(
                "snapshot-create-reuse-external",
                "virsh snapshot-create-as demo snapA --disk-only --atomic --no-metadata "
                "--reuse-external --diskspec vda,file=/images/snapA.qcow2 "
                "--diskspec vdb,snapshot=no",
                note="the overlay was made with qemu-img beforehand",
            ),
        ),
        images=(f"{_OVERLAY} -b /images/active.qcow2 /images/snapA.qcow2",),
    ),
    Group(
        "snapshot-delete",
        (
            _op(
                "snapshot-delete-external",
                "virsh snapshot-delete demo snapD",
                note="deleting an external snapshot is a block commit run by libvirt",
                before=(_SNAP_D, "guest write -P 6 1M 256k"),
                since=(9, 10),
                lacks="does not delete external snapshots",
            ),
        ),
    ),
    Group(
        "snapshot-internal",
        (
            _op(
                "snapshot-create-internal",
                "virsh snapshot-create-as demo int1",
                note="disk and memory inside the qcow2; vdb (raw) left out of this domain",
            ),
            _op("snapshot-revert-internal", "virsh snapshot-revert demo int1"),
            _op("snapshot-delete-internal", "virsh snapshot-delete demo int1"),
        ),
        Domain(second=False),
    ),
    Group(
        "snapshot-memory",
        (
            _op(
                "snapshot-create-memory-external",
                "virsh snapshot-create-as demo ext1 "
                "--memspec file=/images/ext1.mem,snapshot=external "
                "--diskspec vda,file=/images/ext1.qcow2",
            ),
        ),
        Domain(second=False),
    ),
    Group(
        "active",
        (
            _op(
                "blockjob-speed-abort",
                "virsh blockpull demo vda --bandwidth 1 --bytes",
                "virsh blockjob demo vda --info",
                "virsh blockjob demo vda --bandwidth 2",
                "virsh blockjob demo vda --abort",
                note="blockpull at 1 byte/s, queried, sped up, aborted",
            ),
            _op(
                "blockcommit-active-abort",
                "virsh blockcommit demo vda --active --wait",
                "virsh blockjob demo vda --abort",
            ),
            _op(
                "blockcommit-active-to-base",
                "virsh blockcommit demo vda --active --pivot --wait --verbose",
                note="no --base/--shallow: the whole chain into its base",
            ),
        ),
    ),
    Group(
        "commit",
        (
            _op(
                "blockcommit-intermediate",
                _COMMIT,
                note="mid.qcow2 into base.qcow2 while active.qcow2 stays on top",
            ),
        ),
    ),
    Group(
        "commit-delete",
        (
            _op(
                "blockcommit-delete",
                f"{_COMMIT} --delete",
                note="--delete removes the committed image",
            ),
        ),
    ),
    Group(
        "pull",
        (
            _op(
                "blockpull", "virsh blockpull demo vda --wait --verbose", note="the whole chain"
            ),
        ),
    ),
    Group(
        "pull-base",
        (
            _op(
                "blockpull-base",
                "virsh blockpull demo vda --base /images/base.qcow2 --wait --verbose",
                note="--base: keep base.qcow2 as the backing file",
            ),
        ),
    ),
    Group(
        "copy-finish",
        (
            _op(
                "blockcopy-finish",
                f"{_COPY} --wait --verbose --finish",
                note="--finish: keep running on the source, leave a copy",
            ),
        ),
    ),
    Group("copy-pivot", (_op("blockcopy-pivot", f"{_COPY} --wait --verbose --pivot"),)),
    Group(
        "copy-synchronous",
        (
            _op(
                "blockcopy-synchronous-writes",
                f"{_COPY} --synchronous-writes --wait --verbose --pivot",
            ),
        ),
    ),
    Group(
        "copy-shallow",
        (
            _op(
                "blockcopy-shallow-reuse-pivot",
                "virsh blockcopy demo vda --dest /images/copy-shallow.qcow2 --format qcow2 "
                "--shallow --reuse-external --transient-job --wait --verbose --pivot",
            ),
        ),
        images=(f"{_OVERLAY} -b /images/mid.qcow2 /images/copy-shallow.qcow2",),
    ),
    Group(
        "copy-zero",
        (
            _op(
                "blockcopy-dest-is-zero",
                "virsh blockcopy demo vda --dest /images/copy.raw --format raw "
                "--reuse-external --dest-is-zero --transient-job --wait --verbose --pivot",
                since=(12, 0),
                lacks="has no blockcopy --dest-is-zero",
            ),
        ),
        images=("client qemu-img create -q -f raw /images/copy.raw 64M",),
    ),
    Group(
        "copy-nbd",
        (
            _op(
                "blockcopy-nbd",
                "virsh blockcopy demo vdb --xml /xml/copy-nbd.xml --reuse-external "
                "--transient-job --wait --verbose --pivot",
                note="a throttled raw disk, to an NBD server",
                files=("copy-nbd.xml",),
                before=(_NBD_SERVER,),
                after=(_NBD_END,),
            ),
        ),
    ),
    Group(
        "backup-two",
        (
            _op(
                "backup-push-two-disks",
                "virsh backup-begin demo /xml/push-two.xml",
                note="one transaction for both: qcow2 and raw",
                files=("push-two.xml",),
            ),
        ),
        # 7.2 died in 2 of 11 replays: two jobs of one transaction, in two threads
        iothread_since=(9, 0),
    ),
    Group(
        "backup-push",
        (
            _op(
                "backup-push-full",
                "virsh backup-begin demo /xml/push-full.xml",
                files=("push-full.xml",),
                after=("client rm /images/backup-full.qcow2",),
            ),
            _op(
                "backup-push-checkpoint",
                "virsh backup-begin demo /xml/push-full.xml --checkpointxml /xml/cp1.xml",
                files=("push-full.xml", "cp1.xml"),
            ),
            _op(
                "backup-push-incremental",
                "virsh backup-begin demo /xml/push-inc.xml --checkpointxml /xml/cp2.xml",
                note="256 KiB were written since cp1",
                files=("push-inc.xml", "cp2.xml"),
                before=("guest write -P 7 2M 256k",),
            ),
        ),
    ),
    Group(
        "backup-pull",
        (
            _op(
                "backup-pull-full",
                "virsh backup-begin demo /xml/pull-full.xml --checkpointxml /xml/cp1.xml",
                "client nbdinfo nbd+unix:///vda?socket=/images/backup.sock; "
                "nbdcopy nbd+unix:///vda?socket=/images/backup.sock /images/backup-full.raw",
                "virsh domjobabort demo",
                files=("pull-full.xml", "cp1.xml"),
            ),
            _op(
                "backup-pull-incremental",
                "virsh backup-begin demo /xml/pull-inc.xml --checkpointxml /xml/cp2.xml",
                "client nbdinfo --map=qemu:dirty-bitmap:backup-vda "
                "nbd+unix:///vda?socket=/images/backup.sock",
                "virsh domjobabort demo",
                note="256 KiB were written since cp1",
                files=("pull-inc.xml", "cp2.xml"),
                before=("guest write -P 7 2M 256k",),
            ),
        ),
        # 7.2 fails an assertion when a client has gone: examples/bugs/nbd-iothread.md
        iothread_since=(9, 0),
    ),
    Group(
        "checkpoint",
        (
            _op(
                "checkpoint-create",
                "virsh checkpoint-create demo /xml/cp1.xml",
                note="the first one",
                files=("cp1.xml",),
            ),
            _op(
                "checkpoint-create-second",
                "virsh checkpoint-create demo /xml/cp2.xml",
                files=("cp2.xml",),
                before=("guest write -P 7 2M 256k",),
            ),
            _op("checkpoint-size", "virsh checkpoint-dumpxml demo cp1 --size"),
            _op(
                "checkpoint-delete",
                "virsh checkpoint-delete demo cp2",
                note="cp2 of cp1, cp2, cp3: all checkpoint bitmaps stay enabled, so nothing "
                "needs merging",
                before=("virsh checkpoint-create demo /xml/cp3.xml",),
            ),
            _op(
                "snapshot-with-checkpoint",
                "virsh snapshot-create-as demo s1 --disk-only --atomic --no-metadata "
                "--diskspec vda,file=/images/s1.qcow2 --diskspec vdb,snapshot=no",
                note="a disk-only snapshot while checkpoint cp3 is active",
                before=("virsh checkpoint-delete demo cp1",),
            ),
        ),
    ),
    Group(
        "save",
        (
            _op("managedsave", "virsh save demo /images/demo.sav", note="save to file"),
            _op("restore", "virsh restore /images/demo.sav"),
        ),
    ),
    Group(
        "migrate-all",
        (
            _op(
                "migrate-copy-storage-all",
                f"{_MIGRATE} --copy-storage-all",
                note="two daemons on one machine; the destination images exist and are empty",
                migration=True,
            ),
        ),
        images=(
            "client qemu-img create -q -f qcow2 /dst/images/active.qcow2 64M",
            "client qemu-img create -q -f raw /dst/images/data.raw 16M",
            "client cp /images/cd1.iso /dst/images/",
        ),
    ),
    Group(
        "migrate-inc",
        (
            _op(
                "migrate-copy-storage-inc",
                f"{_MIGRATE} --copy-storage-inc",
                note="base.qcow2 and mid.qcow2 exist on the destination; only the active layer "
                "is copied",
                migration=True,
            ),
        ),
        images=(
            "client cp /images/base.qcow2 /images/mid.qcow2 /images/cd1.iso /dst/images/",
            f"{_OVERLAY} -b /images/mid.qcow2 /dst/images/active.qcow2",
            "client qemu-img create -q -f raw /dst/images/data.raw 16M",
        ),
    ),
)


def domain_for(group: Group, qemu: str) -> Domain:
    """Return the domain of a group for a QEMU: one that it lives through."""
    if version_of(qemu) < group.iothread_since:
        return replace(group.domain, iothread=False)
    return group.domain


def version_of(text: str) -> Version:
    """Return the first two numbers of a version."""
    major, minor, *_ = (int(it) for it in text.split("."))
    return major, minor


def operations_of(groups: tuple[Group, ...] = GROUPS) -> Iterator[Operation]:
    """Yield every operation."""
    for group in groups:
        yield from group.operations


def lacking(libvirt: str) -> dict[str, str]:
    """Return the operations that a libvirt does not have, each with the reason."""
    return {
        it.name: f"libvirt {libvirt} {it.lacks}"
        for it in operations_of()
        if version_of(libvirt) < it.since
    }
