# SPDX-License-Identifier: GPL-2.0-or-later
"""A pytest plugin that writes down each result as it comes, for a program that waits.

``pytest -p blockdoc.pytest_results --results FILE`` appends a JSON object to FILE for
each phase of a test that says something, and one when the run ends by itself::

    {"id": "examples/jobs/cancel.md::cancel-start", "outcome": "passed", "why": ""}
    {"end": 0}
"""

import json
from pathlib import Path

import pytest

__all__: list[str] = []


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take the name of the file."""
    group = parser.getgroup("blockdoc")
    group.addoption("--results", type=Path, metavar="FILE", help="append results as JSON lines")


def pytest_configure(config: pytest.Config) -> None:
    """Write in the process that hears of every result: not in a worker."""
    path = config.getoption("--results")
    if path is not None and not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Writer(path))


class _Writer:
    def __init__(self, path: Path) -> None:
        self._path = path

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Write a result; a set-up that is done says nothing yet."""
        if report.when == "call" or not report.passed:
            self._write({"id": report.nodeid, "outcome": report.outcome, "why": _why(report)})

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, exitstatus: int) -> None:
        """Write that there is no more to come."""
        self._write({"end": int(exitstatus)})

    def _write(self, record: object) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")


def _why(report: pytest.TestReport) -> str:
    """Say why a test was skipped; a failure is told by pytest itself."""
    if report.skipped and isinstance(report.longrepr, tuple):
        return report.longrepr[2].removeprefix("Skipped: ")
    return ""
