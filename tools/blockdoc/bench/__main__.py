# SPDX-License-Identifier: GPL-2.0-or-later
"""``python -m blockdoc.bench``: what the runner costs, as ratios; `make bench`."""

import argparse
import asyncio
import json
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from blockdoc.bench import replay
from blockdoc.bench.script import Script, script_of
from blockdoc.bench.suite import again, collection, side_by_side
from blockdoc.bench.table import Row, ratios, render
from blockdoc.errors import BlockdocError
from blockdoc.example import is_example, read_example
from blockdoc.plural import counted
from blockdoc.qemu import Build, find_build, sweep, walls_of

Way = Callable[[Script, Build], Awaitable[None]]
WAYS: dict[str, Way] = {
    "floor": replay.floor,
    "raw": replay.raw,
    "qmp": replay.qmp,
    "anew": replay.anew,
    "runner": replay.runner,
}
#: How much longer the runner may take than another way.
HELD = {"raw": 1.6, "qmp": 1.2}
#: Work that is worth being measured with workers, in seconds.
LONG_ENOUGH = 10.0
#: How often one worker is compared with two.
PAIRS = 3


def main() -> int:
    """Measure, print a table, and write all figures as JSON; 1 if a figure is not held."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("paths", nargs="*", type=Path, default=[Path("examples")])
    parser.add_argument("--rounds", type=int, default=7, help="runs of each example, each way")
    parser.add_argument("--json", type=Path, default=Path("build/bench.json"))
    options = parser.parse_args()
    try:
        build = find_build()
        print(f"QEMU {build.version} from {build.origin}, {walls_of(build)}")
        sweep()
        rows = measure(scripts(options.paths, build), build, options.rounds)
    except BlockdocError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    print("\n".join(render(rows, tuple(WAYS))))
    options.json.parent.mkdir(exist_ok=True)
    options.json.write_text(
        json.dumps({"qemu": build.version, "seconds": {it.path: it.times for it in rows}})
    )
    held = [
        _held(rows, way, other, limit)
        for way in ("anew", "runner")
        for other, limit in HELD.items()
    ]
    _suite(sorted(Path("examples").rglob("*.md")))
    return 0 if all(held) else 1


def scripts(paths: Sequence[Path], build: Build) -> list[Script]:
    """Return the examples that can be replayed."""
    files = [
        it for path in paths for it in sorted(path.rglob("*.md") if path.is_dir() else [path])
    ]
    examples = [read_example(it, Path.cwd()) for it in files if is_example(it)]
    found = [script_of(example, build) for example in examples]
    scripted = [it for it in found if it is not None]
    print(f"{counted(len(examples), 'example')}, {len(scripted)} can be replayed")
    return scripted


def measure(found: Sequence[Script], build: Build, rounds: int) -> list[Row]:
    """Run each example each way, the ways in turn."""
    rows = []
    with asyncio.Runner() as runner:
        for number, script in enumerate(found):
            times: dict[str, list[float]] = {name: [] for name in WAYS}
            for _ in range(rounds):
                for name, way in WAYS.items():
                    begin = time.perf_counter()
                    runner.run(_once(way, script, build))
                    times[name].append(time.perf_counter() - begin)
            rows.append(Row(script.example.path, times))
            _progress(number + 1, len(found))
    return rows


async def _once(way: Way, script: Script, build: Build) -> None:
    async with asyncio.timeout(60):
        await way(script, build)


def _progress(done: int, total: int) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{done}/{total}" + ("\n" if done == total else ""))


def _suite(files: Sequence[Path]) -> None:
    """Say what many examples cost: to read, and to run with one worker and with two."""
    files = [path for path in files if is_example(path)]
    print(f"300 examples are read in {collection(files):.2f} s")
    rounds = 2
    while (one := side_by_side(files, 1, rounds)) < LONG_ENOUGH:
        rounds *= 2
    pairs = [(one, side_by_side(files, 2, rounds))]
    while len(pairs) < PAIRS:
        pairs.append((side_by_side(files, 1, rounds), side_by_side(files, 2, rounds)))
    times = ", ".join(f"{one:.1f} and {two:.1f} s" for one, two in pairs)
    faster = statistics.median(one / two for one, two in pairs)
    print(f"1 worker and 2 workers: {times}: {faster:.2f} times as fast, median of pairs")
    cold, unchanged = again()
    print(f"the suite with imports {cold:.2f} s, again and unchanged {unchanged:.2f} s")


def _held(rows: Sequence[Row], way: str, other: str, limit: float) -> bool:
    together, paired = ratios(rows, way, other)
    held = max(together, paired) <= limit
    print(
        f"{way} / {other}: {together:.2f} all together, {paired:.2f} median of pairs, "
        f"{limit} allowed{'' if held else ': NOT HELD'}"
    )
    return held


sys.exit(main())
