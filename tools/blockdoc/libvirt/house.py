# SPDX-License-Identifier: GPL-2.0-or-later
"""The daemons, in namespaces that end with us.

::

    unshare ── init: reaps what others leave ── us ─┬─ libvirtd          /images
                                                    └─ libvirtd          /dst/images
    the root, read by both; what is written lies in a folder beside it: images, run, etc, var

Whoever leaves a QEMU behind as a zombie makes every later `virsh destroy` wait for 40 s.
"""

import fcntl
import os
import signal
import socket
import struct
import subprocess
import time
from pathlib import Path

from blockdoc.errors import MissingError, QemuError
from blockdoc.libvirt.domain import SECRET_UUID, SECRET_XML

__all__ = ["OTHER", "House", "become_init"]

#: What libvirt writes: each end of a migration has its own.
OWN = (
    "run",
    "etc/libvirt",
    "var/lib/libvirt",
    "var/log/libvirt",
    "var/cache/libvirt",
    "images",
)
#: How to reach the second daemon.
OTHER = "qemu+unix:///system?socket=/dst/run/libvirt/libvirt-sock"
QEMU_CONF = """\
user = "root"
group = "root"
dynamic_ownership = 0
remember_owner = 0
security_driver = "none"
namespaces = []
cgroup_controllers = []
seccomp_sandbox = 0
stdio_handler = "file"
"""
LIBVIRTD_CONF = """\
auth_unix_rw = "none"
host_uuid = "00000000-0000-4000-8000-00000000000{number}"
log_filters = "2:qemu.qemu_monitor 2:qemu.qemu_monitor_json"
log_outputs = "2:file:/var/log/libvirt/libvirtd.log"
"""
#: A name that must be looked up where there is no network takes minutes.
HOSTS = "127.0.0.1 localhost src src.local dst dst.local\n"
#: Whom libvirt 9 looks up whatever its configuration says; another package makes them.
IDENTITIES = {
    "etc/passwd": "libvirt-qemu:x:64055:64055::/var/lib/libvirt:/usr/sbin/nologin\n",
    "etc/group": "libvirt-qemu:x:64055:\n",
}
SIOCSIFFLAGS = 0x8914
IFF_UP = 1
#: How long a command may take, a daemon to start, and its log to go quiet, in seconds.
LIMIT = 90.0
START = 30.0
QUIET = 0.4


def become_init() -> None:
    """Return in a child; this process reaps whatever ends, and ends as the child does."""
    child = os.fork()
    if child == 0:
        return
    # The first process of a namespace is sent only those signals that it waits for.
    signal.signal(signal.SIGTERM, lambda number, _: os._exit(128 + number))
    while True:
        pid, status = os.wait()
        if pid == child:
            os._exit(os.waitstatus_to_exitcode(status) & 0xFF)


class House:
    """A root with daemons that run in it."""

    def __init__(self, root: Path, work: Path) -> None:
        self.root = root
        self.images = root / "images"
        self._work = work

    def furnish(self) -> None:
        """Mount what is needed, and write what libvirt reads."""
        root = self.root
        _mount("--make-rprivate", "/")
        _mount("--bind", root, root)
        _mount("-t", "proc", "proc", root / "proc")
        _mount("-t", "sysfs", "-o", "ro", "sysfs", root / "sys")
        _mount("--rbind", "/dev", root / "dev")
        _mount("-t", "tmpfs", "tmpfs", root / "tmp")
        for name in ("xml", "dst"):
            (root / name).mkdir(exist_ok=True)
        for name in OWN:
            self._own(name)
        (self._work / "dst").mkdir()
        _mount("--bind", self._work / "dst", root / "dst")
        for name in OWN:
            (root / "dst" / name).mkdir(parents=True)
        (self._work / "xml").mkdir()
        _mount("--bind", self._work / "xml", root / "xml")
        for name, line in IDENTITIES.items():
            known = (root / name).read_text()
            if "libvirt-qemu:" not in known:
                (root / name).write_text(known + line)
        (root / "etc/hosts").write_text(HOSTS)
        (root / "etc/resolv.conf").unlink(missing_ok=True)
        (root / "etc/resolv.conf").write_text("")
        _configure(root / "etc/libvirt", 1)
        _configure(root / "dst/etc/libvirt", 2)
        _loopback_up()

    def _own(self, name: str) -> None:
        folder = self._work / "src" / name
        folder.mkdir(parents=True)
        (self.root / name).mkdir(parents=True, exist_ok=True)
        _mount("--bind", folder, self.root / name)

    def start(self) -> None:
        """Start the daemon, and let it ask QEMU what it can do: that is not recorded."""
        socket.sethostname("src.local")
        self.must("libvirtd -d")
        self._probe("qemu:///system")
        self.xml("secret.xml", SECRET_XML)
        self.must(
            "virsh secret-define /xml/secret.xml && "
            f"virsh secret-set-value {SECRET_UUID} --base64 YmxvY2tkb2M="
        )

    def start_other(self) -> None:
        """Start the daemon that guests migrate to, in mounts of its own."""
        if (self.root / "dst/run/libvirt/libvirt-sock").exists():
            return
        binds = " && ".join(f"mount --bind /dst/{it} /{it}" for it in OWN)
        inside = f"hostname dst.local && {binds} && libvirtd -d"
        command = ["unshare", "--mount", "--uts", *self._chroot(inside)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise QemuError(f"the second libvirtd does not start: {done.stderr.strip()}")
        self._probe(OTHER)

    def _probe(self, uri: str) -> None:
        end = time.monotonic() + START
        while True:
            done = self.run(f"virsh -c '{uri}' domcapabilities")
            if done.returncode == 0:
                return
            if time.monotonic() > end:
                raise QemuError(f"libvirtd does not answer: {done.stderr.strip()}")
            time.sleep(0.2)

    def xml(self, name: str, text: str) -> None:
        """Write a file that a step names."""
        (self.root / "xml" / name).write_text(text)

    def empty(self) -> None:
        """Remove the images of a group."""
        for folder in (self.images, self.root / "dst/images"):
            for path in folder.iterdir():
                path.unlink()

    def log(self, end: str = "") -> Path:
        """Return the log of the daemon, or of the other one: ``dst``."""
        return self.root / end / "var/log/libvirt/libvirtd.log"

    def settle(self) -> None:
        """Wait until neither daemon says anything any more."""
        begin = time.monotonic()
        quiet, known = begin, -1
        while time.monotonic() - quiet < QUIET and time.monotonic() - begin < LIMIT:
            time.sleep(0.05)
            sizes = [it.stat().st_size for it in map(self.log, ("", "dst")) if it.exists()]
            if sum(sizes) != known:
                quiet, known = time.monotonic(), sum(sizes)

    def run(self, line: str) -> "subprocess.CompletedProcess[str]":
        """Run a line of shell where libvirt is.

        :raise QemuError: it does not end.
        """
        try:
            return subprocess.run(
                self._chroot(line),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                check=False,
                timeout=LIMIT,
            )
        except subprocess.TimeoutExpired as error:
            raise QemuError(f"not over within {LIMIT:g} s: {line}") from error

    def must(self, line: str) -> None:
        """Run a line that cannot fail unless something is missing."""
        done = self.run(line)
        if done.returncode:
            raise QemuError(f"{line}: {done.stderr.strip() or done.stdout.strip()}")

    def _chroot(self, line: str) -> list[str]:
        return [
            *("env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8", "HOME=/tmp"),
            *("chroot", str(self.root), "sh", "-c", line),
        ]

    def command_line(self, end: str = "") -> list[str]:
        """Return the words with which the domain's QEMU was started, here or at ``dst``."""
        number = (self.root / end / "run/libvirt/qemu/demo.pid").read_text().strip()
        words = (self.root / "proc" / number / "cmdline").read_bytes().decode().split("\0")
        return words[1:-1]


def _configure(folder: Path, number: int) -> None:
    (folder / "qemu.conf").write_text(QEMU_CONF)
    (folder / "libvirtd.conf").write_text(LIBVIRTD_CONF.format(number=number))


def _mount(*words: object) -> None:
    done = subprocess.run(
        ["mount", *map(str, words)],  # noqa: S607 - the machine's own
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise MissingError(f"libvirt-record cannot mount: {done.stderr.strip()}")


def _loopback_up() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP))
