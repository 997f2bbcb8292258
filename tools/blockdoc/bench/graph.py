# SPDX-License-Identifier: GPL-2.0-or-later
"""``python -m blockdoc.bench.graph``: `blockdoc graph` beside QEMU's own script.

::

    storage daemon with chains of ten nodes ──┬──► scripts/render_block_graph.py, to SVG
                                              └──► blockdoc graph, to each format

Both draw the same running QEMU with the same Python, by turns; medians are compared.
The script needs the Python package ``graphviz``; without ``--qemu-src`` it is left out.
"""

import argparse
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, Final

from blockdoc.errors import BlockdocError, QemuError
from blockdoc.qemu import find_build

#: How many nodes a chain has.
CHAIN: Final = 10
#: From how many nodes on the script is left out: it would take minutes.
TOO_MANY: Final = 5_000
#: QEMU's script as it is, but for the format, which its command line does not offer.
UPSTREAM: Final = """
import runpy, sys
source, path, out = sys.argv[1:]
sys.path.insert(0, f"{source}/python")
script = runpy.run_path(f"{source}/scripts/render_block_graph.py")
monitor = script["QEMUMonitorProtocol"](path)
monitor.connect()
script["render_block_graph"](monitor, out, format="svg")
"""
#: What is measured of ours: what it is called, and how it is asked for.
OURS: Final = {
    "svg": ("--format", "svg"),
    "expanded": ("--format", "svg", "--expand"),
    "text": (),
    "json": ("--format", "json"),
}


def main() -> int:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(prog="bench.graph", description=__doc__)
    parser.add_argument("--qemu-src", type=Path, help="QEMU's source tree, for its script")
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--nodes", type=int, nargs="+", default=[10, 100, 1_000, 10_000])
    options = parser.parse_args()
    try:
        for nodes in options.nodes:
            with TemporaryDirectory() as folder, daemon(Path(folder), nodes) as monitor:
                print(line(nodes, measure(options, nodes, monitor, Path(folder))), flush=True)
    except BlockdocError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


def measure(
    options: argparse.Namespace, nodes: int, monitor: str, folder: Path
) -> dict[str, float]:
    """Return the median of each way, in seconds; the ways take turns."""
    program = str(Path(sys.executable).with_name("blockdoc"))
    ways = {
        name: [program, "graph", "--qmp", monitor, *how, "-o", str(folder / name)]
        for name, how in OURS.items()
    }
    if options.qemu_src and nodes < TOO_MANY:
        source, out = str(options.qemu_src), str(folder / "upstream.dot")
        ways["script"] = [sys.executable, "-c", UPSTREAM, source, monitor, out]
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(options.rounds):
        for name, command in ways.items():
            times[name].append(_timed(command))
    return {name: median(each) for name, each in times.items()}


def _timed(command: Sequence[str]) -> float:
    begin = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    spent = time.perf_counter() - begin
    if done.returncode:
        said = done.stderr.strip().splitlines()[-1:]
        raise QemuError(f"{Path(command[0]).name} ended with {done.returncode}: {said}")
    return spent


def line(nodes: int, times: dict[str, float]) -> str:
    """Write one line of the table."""
    parts = [f"{name} {1000 * spent:7.0f} ms" for name, spent in times.items()]
    ratio = f"  svg/script {times['svg'] / times['script']:.2f}" if "script" in times else ""
    return f"{nodes:6} nodes: {'  '.join(parts)}{ratio}"


@contextmanager
def daemon(folder: Path, nodes: int) -> Iterator[str]:
    """Run a storage daemon with so many nodes; yield the socket of its monitor."""
    path = folder / "qmp.sock"
    options = [
        *("--chardev", f"socket,id=qmp,path={path},server=on,wait=off"),
        *("--monitor", "chardev=qmp"),
    ]
    command = [*find_build().command("qemu-storage-daemon"), *options]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL) as process:
        try:
            while not path.exists() and process.poll() is None:
                time.sleep(0.01)
            _fill(path, nodes)
            yield str(path)
        finally:
            process.terminate()


def _fill(path: Path, nodes: int) -> None:
    """Add the nodes: each chain ends in one that holds nothing."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(path))
        with connection.makefile("rw", encoding="utf-8") as talk:
            talk.readline()
            _do(talk, "qmp_capabilities")
            for number in range(nodes):
                disk, depth = divmod(number, CHAIN)
                named = {"node-name": f"disk{disk}.{depth}"}
                below = {"driver": "raw", "file": f"disk{disk}.{depth - 1}"}
                empty = {"driver": "null-co", "size": 1 << 26}
                _do(talk, "blockdev-add", {**(below if depth else empty), **named})


def _do(talk: Any, command: str, arguments: dict[str, Any] | None = None) -> None:  # noqa: ANN401
    talk.write(json.dumps({"execute": command, "arguments": arguments or {}}) + "\n")
    talk.flush()
    while "return" not in (reply := json.loads(talk.readline())):
        if "error" in reply:
            raise QemuError(f"{command}: {reply['error']}")


if __name__ == "__main__":
    sys.exit(main())
