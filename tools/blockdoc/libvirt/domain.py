# SPDX-License-Identifier: GPL-2.0-or-later
"""The domain that is recorded: a small PC with three disks, which never boots anything.

::

    vda   qcow2: base ◄─ mid ◄─ active, in an iothread
    vdb   raw, throttled, stops on errors
    sda   a CD
"""

from dataclasses import dataclass

__all__ = ["Domain", "NAME", "SECRET_UUID", "SECRET_XML"]

NAME = "demo"
PORTS = 8
SECRET_UUID = "00000000-0000-4000-8000-0000000000ee"  # noqa: S105 - its name
SECRET_XML = f"""<secret ephemeral='no' private='no'>
  <uuid>{SECRET_UUID}</uuid>
</secret>
"""
VDA = """    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2' cache='none' io='native' discard='unmap'{iothread}/>
      <source file='/images/active.qcow2'/>
      <target dev='vda' bus='virtio'/>
      <serial>SYSTEM</serial>
    </disk>
"""
VDB = """    <disk type='file' device='disk'>
      <driver name='qemu' type='raw' cache='writeback' error_policy='stop'/>
      <source file='/images/data.raw'/>
      <target dev='vdb' bus='virtio'/>
      <iotune>
        <total_iops_sec>1000</total_iops_sec>
        <total_bytes_sec>10485760</total_bytes_sec>
      </iotune>
    </disk>
"""
SDA = """    <disk type='file' device='cdrom'>
      <driver name='qemu' type='raw'/>
      <source file='/images/cd1.iso'/>
      <target dev='sda' bus='sata'/>
      <readonly/>
    </disk>
"""
#: No guest answers a request to unplug.  With this, PCIe's own hot-unplug of a slot without
#: power is over at once.
UNPLUG = "ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off"


@dataclass(frozen=True, slots=True)
class Domain:
    """What differs between the domains that are recorded."""

    #: Whether vdb is there; a snapshot inside the images needs all of them to be qcow2.
    second: bool = True
    #: Whether vda is in an iothread.
    iothread: bool = True

    def xml(self, kind: str) -> str:
        """Return the definition; `kind` is ``kvm`` or ``qemu``."""
        disks = VDA.format(iothread=" iothread='1'" if self.iothread else "")
        disks += VDB if self.second else ""
        ports = "    <controller type='pci' model='pcie-root-port'/>\n" * PORTS
        return f"""\
<domain type='{kind}' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
  <name>{NAME}</name>
  <uuid>00000000-0000-4000-8000-000000000001</uuid>
  <memory unit='MiB'>64</memory>
  <vcpu>1</vcpu>
  <iothreads>1</iothreads>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <features><acpi/></features>
  <on_crash>destroy</on_crash>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
{disks}{SDA}    <controller type='scsi' model='virtio-scsi'/>
    <controller type='usb' model='none'/>
    <controller type='pci' model='pcie-root'/>
{ports}    <memballoon model='none'/>
    <video><model type='none'/></video>
  </devices>
  <qemu:commandline>
    <qemu:arg value='-global'/>
    <qemu:arg value='{UNPLUG}'/>
  </qemu:commandline>
</domain>
"""
