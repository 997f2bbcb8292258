# SPDX-License-Identifier: GPL-2.0-or-later
"""Frames of suspended coroutines, from a process and from cores, are gdb's own."""

import re
import signal
import subprocess
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from cores import without_symbols
from dwarf import ENVIRONMENT, Daemon, Trace, debugger, gdb, started, traces, until, without
from scenes import MEBIBYTE, NBD, SIZE, Connect, Start, export, three_reads

#: A read in a chain of three formats that a throttle filter at the bottom lets wait.
CHAIN = (
    "qemu_coroutine_switch",
    "qemu_co_queue_wait_impl",
    "throttle_group_co_io_limits_intercept",
    "throttle_co_preadv",
    "bdrv_driver_preadv",
    "qcow2_co_preadv_part",
    "bdrv_driver_preadv",
    "qcow2_co_preadv_part",
    "bdrv_driver_preadv",
    "blk_co_do_preadv_part",
    "nbd_trip",
)


def _throttled(output: str) -> list[Trace]:
    return [one for one in traces(output) if "throttle_co_preadv" in one.functions]


def _check(output: str, outermost: str = "coroutine_trampoline") -> list[Trace]:
    found = _throttled(output)
    assert len(found) == 3
    for one in found:
        named = iter(one.functions)
        assert all(name in named for name in (*CHAIN, outermost)), " ".join(one.functions)
        assert {"nbd_do_cmd_read", "nbd_handle_request"} <= set(one.inlined)
    offsets = sorted(int(one.arguments["throttle_co_preadv"]["offset"]) for one in found)
    assert offsets == [SIZE, 2 * SIZE, 3 * SIZE]
    return found


def test_a_process_and_its_cores_have_the_same_frames(waiting: Daemon, tmp_path: Path):
    live = gdb(waiting, waiting.pid, "qemu-block bt all")
    _check(live)
    made = [
        *debugger(),
        "-nx",
        "-batch",
        "-p",
        str(waiting.pid),
        "-ex",
        f"gcore {tmp_path}/gcore",
    ]
    subprocess.run(made, check=True, capture_output=True, timeout=120)
    for core in (waiting.core(), tmp_path / "gcore"):
        said = gdb(waiting, core, "qemu-block bt all")
        assert [one.lines for one in traces(said)] == [one.lines for one in traces(live)]


def test_the_process_goes_on_and_is_not_changed(waiting: Daemon, client: Connect):
    registers = "info registers rip rsp rbp rbx r12 r13 r14 r15"
    heap = f"source {Path(__file__).with_name('digest.py')}"
    said = gdb(
        waiting,
        waiting.pid,
        *(registers, heap, "qemu-block bt all", "qemu-block why", registers, heap),
    )
    values = [line for line in said.splitlines() if line.startswith(("rip", "rsp", "rb", "r1"))]
    assert len(values) == 16
    assert values[:8] == values[8:]
    memory = [line for line in said.splitlines() if line.startswith("memory ")]
    assert len(memory) == 2
    assert memory[0] == memory[1]
    assert client(waiting, "top").socket  # it answers


def test_a_selected_coroutine_has_gdbs_own_commands(waiting: Daemon):
    known = _check(gdb(waiting, waiting.pid, "qemu-block bt all"))
    address = known[0].title.split()[1].rstrip(",")
    offset = known[0].arguments["throttle_co_preadv"]["offset"]
    said = gdb(
        waiting,
        waiting.pid,
        f"qemu-block select {address}",
        "frame function throttle_co_preadv",
        "print offset",
        "info locals",
        "up",
        "qemu-block unselect",
        "bt 1",
    )
    assert f"$1 = {offset}" in said
    assert "tgm = " in said
    assert "bdrv_driver_preadv" in said
    assert said.splitlines()[-2].startswith(("#0", "(More")) or "ppoll" in said


def test_an_interruption_leaves_the_threads_frames(waiting: Daemon):
    interrupt = (
        "python\n"
        "import qemublock.backtrace as b\n"
        "real, calls = b.line, []\n"
        "def line(frame):\n"
        "    calls.append(1)\n"
        "    if len(calls) == 20:\n"
        "        raise KeyboardInterrupt\n"
        "    return real(frame)\n"
        "b.line = line\n"
        "try:\n"
        "    gdb.execute('qemu-block bt all')\n"
        "except BaseException as error:\n"
        "    print('interrupted', len(calls))\n"
        "end\n"
    )
    script = waiting.folder / "interrupt.gdb"
    script.write_text(interrupt)
    said = gdb(waiting, waiting.pid, f"source {script}", "bt")
    assert "interrupted 20" in said
    assert "qemu_coroutine_switch" not in said.split("interrupted 20")[1]
    assert "main (" in said.split("interrupted 20")[1]


def test_a_thread_whose_top_frame_is_inline_gives_the_same(waiting: Daemon):
    core = waiting.core()
    inline = f"source {Path(__file__).with_name('inline.py')}"
    said = gdb(waiting, core, inline, "qemu-block bt all")
    if "inline 0" in said:
        why = "no thread is in an inlined function; libc6-dbg would show those of glibc"
        without(why)
    plain = gdb(waiting, core, "qemu-block bt all")
    assert [one.lines for one in traces(said)] == [one.lines for one in traces(plain)]


def test_the_guard_is_the_same_from_a_thread_and_from_a_jump_buffer(waiting: Daemon):
    core = waiting.core()
    said = gdb(waiting, core, f"source {Path(__file__).with_name('guards.py')}")
    match = re.search(r"guards \[(\d+), (\d+)\] True", said)
    assert match
    assert match[1] == match[2]


def test_ctrl_c_leaves_registers_and_frames(waiting: Daemon):
    registers = "info registers rip rsp rbp rbx r12 r13 r14 r15"
    many = "python for _ in range(1000): gdb.execute('qemu-block bt all')"
    heap = f"source {Path(__file__).with_name('digest.py')}"
    command = started(
        waiting.program,
        waiting.pid,
        *(registers, heap, many, "echo after\\n", registers, heap, "bt"),
    )
    with subprocess.Popen(
        command,
        cwd=waiting.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=ENVIRONMENT,
    ) as process:
        assert process.stdout
        lines = []
        for line in process.stdout:
            lines.append(line)
            if line.startswith("#12"):
                process.send_signal(signal.SIGINT)
                break
        lines += process.stdout.read().splitlines(keepends=True)
    said = "".join(lines)
    before, after = said.split("after\n")
    assert before.count("\n#12") < 1000
    values = [line for line in lines if re.match(r"(rip|rsp|rb[px]|r1[2345])\s", line)]
    assert len(values) == 16
    assert values[:8] == values[8:]
    memory = re.findall(r"^memory (\w+)$", said, re.MULTILINE)
    assert len(memory) == 2
    assert memory[0] == memory[1]
    assert "qemu_coroutine_switch" not in after
    assert "main (" in after


def test_a_process_that_serves_requests_goes_on_and_has_lost_nothing(
    start: Start, client: Connect
):
    daemon = start(*NBD)
    daemon.add(driver="null-co", node_name="busy", size=MEBIBYTE, read_zeroes=True)
    export(daemon, "busy")
    one = client(daemon, "busy")
    done, stop = 0, threading.Event()

    def ask() -> None:
        nonlocal done
        while not stop.is_set():
            one.read(done % 128 * 4096, 4096)
            assert one.reply(4096) == (0, bytes(4096))
            done += 1

    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(ask)
        try:
            until(lambda: done > 0)
            digest = f"source {Path(__file__).with_name('digest.py')}"
            looks = ("qemu-block bt all", "qemu-block why", "qemu-block graph")
            for _ in range(3):
                before = done
                said = gdb(daemon, daemon.pid, digest, *looks, digest)
                first, second = re.findall(r"^memory (\w+)$", said, re.MULTILINE)
                assert first == second
                until(lambda before=before: done > before)
        finally:
            stop.set()
        asking.result(30)


def test_symbols_in_a_file_of_their_own(start: Start, client: Connect, program: Path):
    with tempfile.TemporaryDirectory() as folder:
        stripped = without_symbols(program, Path(folder))
        daemon = three_reads(lambda *options: start(*options, of=stripped), client)
        live = _check(gdb(daemon, daemon.pid, "qemu-block bt all"))
        dead = _check(gdb(daemon, daemon.core(), "qemu-block bt all"))
        assert [one.lines for one in live] == [one.lines for one in dead]
        (Path(folder) / f"{program.name}.debug").unlink()
        said = gdb(daemon, next(daemon.folder.glob("core*")), "qemu-block why")
        assert "no debugging information of QEMU here" in said


def test_coroutines_made_with_sigaltstack(start: Start, client: Connect, sigaltstack: Path):
    daemon = three_reads(lambda *options: start(*options, of=sigaltstack), client)
    live = _check(gdb(daemon, daemon.pid, "qemu-block bt all"), "coroutine_bootstrap")
    dead = _check(gdb(daemon, daemon.core(), "qemu-block bt all"), "coroutine_bootstrap")
    assert [one.lines for one in live] == [one.lines for one in dead]


def test_an_untested_architecture_is_said_to_be_that_first(waiting: Daemon):
    untested = (
        "python import dataclasses, qemublock.machine as m; "
        "m.X86_64 = dataclasses.replace(m.X86_64, tested=False)"
    )
    said = gdb(
        waiting, waiting.pid, untested, "echo begin\\n", "qemu-block bt all", "qemu-block graph"
    )
    first, second = said.split("begin\n")[1].splitlines()[:2]
    assert first.startswith("note: untested on i386:x86-64: ")
    assert second.startswith("Coroutine 0x")
    assert '\n{\n "query-version"' in said  # a program can read it


def test_before_what_is_no_address_there_is_no_code(waiting: Daemon):
    """As after a jump through a null pointer, or on a damaged stack."""
    ask = (
        "python import qemublock.machine as m; places = (0, 1, 2**64 - 1); "
        "print([(m.code_before(it, 5), m.machine().called_before(it)) for it in places])"
    )
    assert "[(b'', 0), (b'', 0), (b'', 0)]" in gdb(waiting, waiting.pid, ask)
