# SPDX-License-Identifier: GPL-2.0-or-later
"""Examples as pytest items: ``examples/jobs/commit-active.md::commit-active-start``.

A file under ``examples/`` is collected as an example; each of its steps is an item.
The items of one file share one QEMU, so they belong on one worker of pytest-xdist:
``--dist loadfile`` keeps them together and leaves their ids as they are.
"""

import asyncio
import contextlib
import gc
import os
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, Self

import pytest

from blockdoc.doctest.cache import Results
from blockdoc.doctest.limits import STEP
from blockdoc.doctest.problem import StepError
from blockdoc.doctest.run import ExampleRun, why_left_out
from blockdoc.doctest.verdicts import LEFT_OUT
from blockdoc.errors import BlockdocError, MissingError, Place
from blockdoc.example import Example, Step, is_example, read_example
from blockdoc.plural import counted
from blockdoc.qemu import Build, find_build, sweep, walls_of
from blockdoc.qemu.process import die_with_parent

__all__: list[str] = []

FOLDER = "examples"
#: Where reports of crashes are put, from the root.
REPORTS = Path("build/crash-reports")
SLOWEST = 5
#: Property of a test report: this example was not run, because nothing has changed.
NOT_RUN = "unchanged"


class ExampleFile(pytest.File):
    """An example, or a page that should be one."""

    example: Example

    def collect(self) -> Iterator["StepItem"]:
        """Yield an item for each step.

        :raise CollectError: the example is badly written.
        """
        try:
            self.example = read_example(self.path, self.config.rootpath)
        except BlockdocError as error:
            raise self.CollectError(str(error)) from error
        for step in self.example.steps:
            self._claim(step)
        for step in self.example.steps:
            yield StepItem.of(self, step)

    def _claim(self, step: Step) -> None:
        """Refuse an id that a step of another file has.

        It is an error of this file alone: to end the run would be a crash to pytest-xdist.
        """
        here = step.alternatives[0].place
        there = self.config.stash[IDS].setdefault(step.id, here)
        if there.path != here.path:
            message = f"{here}: id {step.id!r} is already that of {there}; choose another"
            raise self.CollectError(message)


class StepItem(pytest.Item):
    """One step of an example."""

    file: ExampleFile
    step: Step

    @classmethod
    def of(cls, file: ExampleFile, step: Step) -> Self:
        """Return the item of `step`."""
        item: Self = cls.from_parent(file, name=step.id)
        item.file, item.step = file, step
        return item

    def runtest(self) -> None:
        """Run the step, and those before it that have not run.

        A step that needs a program which is not installed is skipped; in CI it fails.
        """
        try:
            if not self.config.stash[RUNS].run(self.file.example, self.step):
                self.user_properties.append((NOT_RUN, self.file.example.path))
            self._say_left_out()
        except MissingError as error:
            if os.environ.get("CI"):
                raise
            pytest.skip(str(error))

    def need_not_run(self) -> bool:
        """Say whether it has passed before, whole, and nothing has changed since."""
        example, runs = self.file.example, self.config.stash[RUNS]
        return (
            self.step.kind != "gdb"  # that may have been left out
            and (example.requires is None or example.requires.applies(runs.build))
            and runs.need_not_run(example)
        )

    def passed(self, when: Literal["call", "teardown"]) -> pytest.TestReport:
        """Return the report of a phase that had nothing to do."""
        properties: list[tuple[str, object]] = [(NOT_RUN, self.file.example.path)]
        return pytest.TestReport(
            self.nodeid, self.location, {}, "passed", None, when, user_properties=properties
        )

    def _say_left_out(self) -> None:
        """Skip a step whose gdb was left out; what it says to QEMU has held."""
        if self.step.kind == "gdb":
            build = self.config.stash[RUNS].build
            why = why_left_out(self.file.example, self.step.fence(build), build)
            if why:
                pytest.skip(f"{LEFT_OUT}: {why}")

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException]) -> str:  # type: ignore[override]
        """Say what is wrong, where, and how the new answer is accepted."""
        error = excinfo.value
        if not isinstance(error, BlockdocError):
            return str(super().repr_failure(excinfo))
        if isinstance(error, StepError) and error.problem.actual:
            return f"{error}\n\naccept it: make record ARGS={self.file.example.path}"
        return str(error)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return where the step stands; the line counts from 0."""
        return self.path, self.step.alternatives[0].place.line - 1, self.name


class Runs:
    """The example that runs: one at a time."""

    def __init__(self, *, cached: bool, step_limit: float, reports: Path) -> None:
        self._loop = asyncio.Runner()
        self._cached = cached
        self._step_limit = step_limit
        self._reports = reports
        self._results: Results | None = None
        self._build: Build | None = None
        self._running: ExampleRun | None = None
        #: Examples that could not be set up: said once.
        self._broken: set[str] = set()

    @property
    def build(self) -> Build:
        """The QEMU of this session; found once."""
        if self._build is None:
            self._build = find_build()
        return self._build

    @property
    def results(self) -> Results | None:
        """What has passed before, if it counts."""
        if self._cached and self._results is None:
            self._results = Results(self.build)
        return self._results

    def run(self, example: Example, step: Step) -> bool:
        """Run `step` of `example`; False if it need not be run, because nothing has changed.

        :raise BlockdocError: it does not hold.
        """
        if example.requires is not None and not example.requires.applies(self.build):
            pytest.skip(f"requires {example.requires}; this is QEMU {self.build.version}")
        if example.path in self._broken:
            pytest.skip("not reached: this example could not be set up")
        if self.need_not_run(example):
            return False
        run = self._running or self._start(example)
        if run.failed is not None:
            pytest.skip(f"not reached: {run.failed[0].id} failed")
        self._loop.run(run.run_to(step))
        return True

    def need_not_run(self, example: Example) -> bool:
        """Say whether `example` has passed before, and nothing has changed since."""
        idle = self._running is None and example.path not in self._broken
        return bool(idle and self.results and self.results.passed(example))

    def _start(self, example: Example) -> ExampleRun:
        run = ExampleRun(example, self.build, self._step_limit, self._reports)
        self._broken.add(example.path)
        self._loop.run(run.__aenter__())
        self._broken.remove(example.path)
        self._running = run
        return run

    def stop(self) -> None:
        """End the example that runs.

        :raise QemuError: its QEMU crashed when it was asked to quit.
        """
        run, self._running = self._running, None
        if run is not None:
            self._loop.run(run.__aexit__(None, None, None))
            if run.passed and self.results:
                self.results.note(run.example)

    def close(self) -> None:
        """End everything."""
        try:
            self.stop()
            if self.results:
                self.results.forget_old()
        finally:
            self._loop.close()


RUNS = pytest.StashKey[Runs]()
#: Where each id that was collected stands.
IDS = pytest.StashKey[dict[str, Place]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options about examples."""
    group = parser.getgroup("examples")
    group.addoption(
        "--no-cache",
        action="store_true",
        help="also run examples that have passed and have not changed since (as CI does)",
    )
    group.addoption(
        "--step-limit",
        type=float,
        default=STEP,
        metavar="SECONDS",
        help="how long a step may take that does not say so itself; default: %(default)g",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Prepare to run examples; a worker does not outlive its controller."""
    cached = not (config.getoption("no_cache") or os.environ.get("CI"))
    runs = Runs(
        cached=cached,
        step_limit=config.getoption("step_limit"),
        reports=config.rootpath / REPORTS,
    )
    config.stash[RUNS], config.stash[IDS] = runs, {}
    gc.unfreeze()  # what an earlier session of this process has left
    if hasattr(config, "workerinput"):
        die_with_parent()


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> ExampleFile | None:
    """Collect what stands under examples/ of the root."""
    inside = file_path.is_relative_to(parent.config.rootpath / FOLDER)
    if inside and is_example(file_path):
        return ExampleFile.from_parent(parent, path=file_path)
    return None


def pytest_collection_finish() -> None:
    """Leave modules, examples and items out of what the garbage collector goes through.

    They stay to the end anyway, and looking at all of them takes longer than what an
    unchanged suite has to do.
    """
    gc.freeze()


def pytest_sessionstart(session: pytest.Session) -> None:
    """Refuse to begin without a QEMU, if examples are to run."""
    if not _wants_examples(session.config):
        return
    try:
        walls = walls_of(session.config.stash[RUNS].build)
    except BlockdocError as error:
        pytest.exit(str(error), returncode=2)
    sweep()
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if walls.missing and reporter is not None:  # a worker has none
        reporter.write_line(f"{walls}", yellow=True)


def _wants_examples(config: pytest.Config) -> bool:
    folder = config.rootpath / FOLDER
    named = [Path(config.invocation_params.dir, it.partition("::")[0]) for it in config.args]
    return any(path.is_relative_to(folder) or folder.is_relative_to(path) for path in named)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """Report a step that need not run, without the phases of a test: they take the time.

    The last of a file goes through them, so that pytest leaves the file as it expects to.
    """
    if not isinstance(item, StepItem) or _is_last(item, nextitem) or not item.need_not_run():
        return None
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for when in ("call", "teardown"):
        item.ihook.pytest_runtest_logreport(report=item.passed(when))
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def _is_last(item: pytest.Item, nextitem: pytest.Item | None) -> bool:
    return nextitem is None or nextitem.parent is not item.parent


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """End an example's QEMU behind its last item."""
    if isinstance(item, StepItem) and _is_last(item, nextitem):
        message = None
        try:
            item.config.stash[RUNS].stop()
        except BlockdocError as error:
            message = str(error)
        if message is not None:  # outside, so that it is told once and alone
            pytest.fail(message, pytrace=False)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave nothing running."""
    with contextlib.suppress(BlockdocError):  # interrupted: nobody asks any more
        config.stash[RUNS].close()


def pytest_report_header(config: pytest.Config) -> str | None:
    """Say which QEMU the examples run against."""
    if not _wants_examples(config):
        return None
    build = config.stash[RUNS].build
    return f"QEMU {build.version} from {build.origin}"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how long the slowest examples took."""
    spent: defaultdict[str, float] = defaultdict(float)
    unchanged: set[str] = set()
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport) and report.nodeid.startswith(f"{FOLDER}/"):
                spent[report.nodeid.partition("::")[0]] += report.duration
                unchanged.update(
                    str(it) for name, it in report.user_properties if name == NOT_RUN
                )
    if unchanged:
        many = f"{len(unchanged)} of {counted(len(spent), 'example')}"
        why = "unchanged since a pass with this QEMU, and not run again"
        terminalreporter.line(f"{why}: {many} (--no-cache runs all)")
    slowest = sorted(spent.items(), key=lambda pair: -pair[1])[:SLOWEST]
    if slowest:
        terminalreporter.section("slowest examples", sep="-")
    for path, seconds in slowest:
        terminalreporter.line(f"{seconds:7.2f} s  {path}")
