# SPDX-License-Identifier: GPL-2.0-or-later
"""XML that is handed to virsh, by the name of its file in ``/xml``."""

from collections.abc import Mapping
from typing import Final

from blockdoc.libvirt.domain import SECRET_UUID

__all__ = ["FILES"]


def _disk(driver: str, source: str, rest: str = "") -> str:
    return (
        "<disk type='file' device='disk'>\n"
        f"  <driver name='qemu' {driver}/>\n"
        f"  {source}\n"
        "  <target dev='vdc' bus='virtio'/>\n"
        f"{rest}"
        "</disk>\n"
    )


def _hot(more: str = "", rest: str = "") -> str:
    return _disk(f"type='qcow2' cache='none'{more}", "<source file='/images/hot.qcow2'/>", rest)


def _checkpoint(name: str) -> str:
    return (
        f"<domaincheckpoint>\n  <name>{name}</name>\n  <disks>\n"
        "    <disk name='vda' checkpoint='bitmap'/>\n"
        "    <disk name='vdb' checkpoint='no'/>\n  </disks>\n</domaincheckpoint>\n"
    )


def _backup(mode: str, disk: str, since: str = "") -> str:
    server = "  <server transport='unix' socket='/images/backup.sock'/>\n"
    return (
        f"<domainbackup mode='{mode}'>\n"
        f"{f'  <incremental>{since}</incremental>' + chr(10) if since else ''}"
        f"{server if mode == 'pull' else ''}"
        "  <disks>\n    <disk name='vda' backup='yes' type='file'>\n"
        f"{disk}    </disk>\n    <disk name='vdb' backup='no'/>\n  </disks>\n</domainbackup>\n"
    )


def _push(name: str) -> str:
    return f"      <driver type='qcow2'/>\n      <target file='/images/{name}.qcow2'/>\n"


def _pull(name: str) -> str:
    return f"      <scratch file='/images/{name}.qcow2'/>\n"


_SLICE = "<slices><slice type='storage' offset='1048576' size='4194304'/></slices>"
_LUKS = (
    f"<encryption format='luks'><secret type='passphrase' uuid='{SECRET_UUID}'/></encryption>"
)
_UNMAP = " discard='unmap' detect_zeroes='unmap'"

FILES: Final[Mapping[str, str]] = {
    "hot-iotune.xml": _hot(_UNMAP, "  <iotune><total_iops_sec>500</total_iops_sec></iotune>\n"),
    "hot-throttled.xml": _hot(
        "",
        "  <throttlefilters>\n    <throttlefilter group='limit0'/>\n  </throttlefilters>\n",
    ),
    "hot-nbd.xml": """<disk type='network' device='disk'>
  <driver name='qemu' type='raw' cache='none'/>
  <source protocol='nbd' name='export0'>
    <host transport='unix' socket='/images/nbd.sock'/>
    <reconnect delay='10'/>
  </source>
  <target dev='vdd' bus='virtio'/>
</disk>
""",
    "copy-on-read.xml": _hot(" copy_on_read='on'"),
    "discard-detect-zeroes.xml": _hot(_UNMAP),
    "readonly.xml": _hot("", "  <readonly/>\n"),
    "slice.xml": _disk(
        "type='raw' cache='none'", f"<source file='/images/sliced.raw'>{_SLICE}</source>"
    ),
    "shareable.xml": _disk(
        "type='raw' cache='none'", "<source file='/images/sliced.raw'/>", "  <shareable/>\n"
    ),
    "data-file.xml": _disk("type='qcow2' cache='none'", "<source file='/images/df.qcow2'/>"),
    "luks.xml": _disk(
        "type='qcow2' cache='none'", f"<source file='/images/luks.qcow2'>{_LUKS}</source>"
    ),
    "copy-nbd.xml": """<disk type='network' device='disk'>
  <driver name='qemu' type='raw'/>
  <source protocol='nbd' name='export0'>
    <host transport='unix' socket='/images/nbd.sock'/>
  </source>
</disk>
""",
    "push-two.xml": """<domainbackup mode='push'>
  <disks>
    <disk name='vda' backup='yes' type='file'>
      <driver type='qcow2'/>
      <target file='/images/backup-vda.qcow2'/>
    </disk>
    <disk name='vdb' backup='yes' type='file'>
      <driver type='raw'/>
      <target file='/images/backup-vdb.raw'/>
    </disk>
  </disks>
</domainbackup>
""",
    "push-full.xml": _backup("push", _push("backup-full")),
    "push-inc.xml": _backup("push", _push("backup-inc"), "cp1"),
    "pull-full.xml": _backup("pull", _pull("scratch")),
    "pull-inc.xml": _backup("pull", _pull("scratch2"), "cp1"),
    "cp1.xml": _checkpoint("cp1"),
    "cp2.xml": _checkpoint("cp2"),
    "cp3.xml": _checkpoint("cp3"),
}
