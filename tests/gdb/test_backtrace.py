# SPDX-License-Identifier: GPL-2.0-or-later
"""Frames of suspended coroutines, from a process and from cores, are gdb's own."""

import re
import subprocess
import tempfile
from pathlib import Path

from cores import Core, without_symbols
from dwarf import Daemon, Trace, debugger, gdb, traces, until, without
from scenes import SIZE, Connect, Start, three_reads

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

UNKNOWN = "<optimized out>"
GUARDS, CALLED = (Path(__file__).with_name(name) for name in ("guards.py", "called.py"))
#: Calls of a function behind the caller, and of one before it.
CALLS = (
    "throttle_co_preadv called throttle_group_co_io_limits_intercept",
    "bdrv_co_preadv_part called bdrv_aligned_preadv",
)


def _throttled(output: str) -> list[Trace]:
    return [one for one in traces(output) if "throttle_co_preadv" in one.functions]


def _offsets(one: Trace) -> set[str]:
    given = (said.get("offset", UNKNOWN) for said in one.arguments.values())
    return set(given) - {UNKNOWN}


def _check(output: str, outermost: str = "coroutine_trampoline") -> list[Trace]:
    found = _throttled(output)
    assert len(found) == 3
    for one in found:
        named = iter(one.functions)
        assert all(name in named for name in (*CHAIN, outermost)), " ".join(one.functions)
        assert {"nbd_do_cmd_read", "nbd_handle_request"} <= set(one.inlined)
        assert len(_offsets(one)) == 1, one.lines  # nowhere on its way has it another
    offsets = sorted(int(one.arguments["throttle_co_preadv"]["offset"]) for one in found)
    assert offsets == [SIZE, 2 * SIZE, 3 * SIZE]
    return found


def test_a_process_and_its_cores_have_the_same_frames(waiting: Daemon, tmp_path: Path):
    live = gdb(waiting, waiting.pid, "qemu-block bt all", f"source {CALLED}")
    _check(live)
    assert set(CALLS) <= set(live.splitlines())
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


def test_what_is_selected_stays_so_while_others_are_looked_at(waiting: Daemon):
    known = _check(gdb(waiting, waiting.pid, "qemu-block bt all"))
    one = known[1]
    again = ("frame", "print offset", "bt")
    said = gdb(
        waiting,
        waiting.pid,
        f"qemu-block select {one.title.split()[1].rstrip(',')}",
        "frame function throttle_co_preadv",
        *("echo first\\n", *again),
        *("echo others\\n", "qemu-block bt all", "qemu-block why", "qemu-block coroutines"),
        *("echo second\\n", *again),
    )
    _, _, rest = said.partition("first\n")
    first, _, rest = rest.partition("others\n")
    second = rest.partition("second\n")[2]
    assert f"$1 = {one.arguments['throttle_co_preadv']['offset']}\n" in first
    assert second.startswith(first.replace("$1", "$2"))


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
    _check_guards(gdb(waiting, waiting.core(), f"source {GUARDS}"))


def _check_guards(said: str) -> None:
    match = re.search(r"guards \[(\d+), (\d+)\] True", said)
    assert match
    assert match[1] == match[2]


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


def test_a_core_of_aarch64(start: Start, client: Connect, aarch64: tuple[Path, str]):
    program, emulator = aarch64
    begin = lambda *options: start(*options, of=program, by=[emulator])  # noqa: E731
    daemon = three_reads(begin, client)
    until(lambda: ") S " in Path(f"/proc/{daemon.pid}/stat").read_text())
    core = Core(daemon.core(), daemon.folder / "aarch64")
    core.drop_absent()
    core.add_masks()
    looks = ("qemu-block bt all", "qemu-block why", f"source {GUARDS}", f"source {CALLED}")
    behind = gdb(daemon, core.path, *looks)
    _check(behind)
    _check_guards(behind)
    core.set_back()
    before = gdb(daemon, core.path, *looks)
    assert [one.lines for one in traces(before)] == [one.lines for one in traces(behind)]
    for said in (behind, before):
        assert "the event loops go on" in said
        assert set(CALLS) <= set(said.splitlines())
        assert "note:" not in said


def test_before_what_is_no_address_there_is_no_code(waiting: Daemon):
    """As after a jump through a null pointer, or on a damaged stack."""
    ask = (
        "python import qemublock.machine as m; places = (0, 1, 2**64 - 1); "
        "print([(m.code_before(it, 5), m.machine().called_before(it)) for it in places])"
    )
    assert "[(b'', 0), (b'', 0), (b'', 0)]" in gdb(waiting, waiting.pid, ask)
