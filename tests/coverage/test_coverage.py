# SPDX-License-Identifier: GPL-2.0-or-later
"""What examples use of QMP, held against what the block layer offers."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from blockdoc.cli import main
from blockdoc.coverage import Coverage, measure, to_json, to_markdown, to_text, uses
from blockdoc.example import Example, parse_example
from blockdoc.schema.modules import Modules, read_modules
from blockdoc.schema.recorded import Recorded, read_releases

ROOT = Path(__file__).parents[2]
GOOD = (ROOT / "tests/lint/examples/good.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def newest() -> Recorded:
    return read_releases(ROOT)[-1]


@pytest.fixture(scope="module")
def modules() -> Modules:
    return read_modules(ROOT)


@pytest.fixture(scope="module")
def example() -> Example:
    return parse_example(GOOD, "examples/good.md")


@pytest.fixture(scope="module")
def coverage(example: Example, newest: Recorded, modules: Modules) -> Coverage:
    return measure([example], newest, modules)


def test_commands_events_values_and_errors_are_used(example: Example, newest: Recorded):
    found = {(it.group, it.name): it.step for it in uses(example, newest.system)}
    wanted = {
        ("commands", "blockdev-add"): "good-open",
        ("commands", "device_add"): "good-guest",
        ("commands", "block-job-change"): "good-change",
        ("commands", "block-job-set-speed"): "good-change",
        ("events", "BLOCK_JOB_READY"): "good-run",
        ("BlockdevDriver", "qcow2"): "good-open",
        ("BlockdevDriver", "file"): "good-open",
        ("BlockdevDiscardOptions", "unmap"): "good-open",
        ("Qcow2OverlapCheckMode", "all"): "good-open",
        ("BlockExportType", "nbd"): "good-open",
        ("JobStatus", "ready"): "good-run",
        ("JobType", "commit"): "good-run",
        ("TransactionActionKind", "block-dirty-bitmap-add"): "good-guest",
        ("MirrorCopyMode", "write-blocking"): "good-change",
        ("QapiErrorClass", "CommandNotFound"): "good-guest",
        ("errors", "The command query-jobbs has not been found"): "good-guest",
    }
    assert wanted.items() <= found.items()
    assert ("BlockdevDriver", "nbd") not in found


def test_what_a_command_returns_counts(newest: Recorded):
    text = GOOD.replace('"commit", "status": "ready",', '"commit", "status": "standby",')
    example = parse_example(text, "examples/good.md")
    found = {(it.group, it.name) for it in uses(example, newest.system)}
    assert ("JobStatus", "standby") in found


def test_used_and_unused_make_up_what_is_offered(coverage: Coverage, newest: Recorded):
    groups = {group.name: group for group in coverage.groups}
    commands = groups["commands"]
    assert "block-commit" in commands.used
    assert "block-stream" in commands.unused
    assert not {"device_add", "object-add"} & commands.steps.keys()
    assert set(commands.used) | set(commands.unused) == set(commands.steps)
    drivers = newest.system.enum_at("blockdev-add", "driver")
    assert drivers is not None
    assert [*groups["BlockdevDriver"].steps] == [it.name for it in drivers.values]
    assert groups["JobVerb"].used == ["set-speed", "change"]


def test_what_is_in_no_module_is_said(
    example: Example, newest: Recorded, modules: Modules, coverage: Coverage
):
    assert coverage.unlisted == ()
    less = replace(modules, elsewhere=tuple(it for it in modules.elsewhere if it != "stop"))
    assert measure([example], newest, less).unlisted == ("stop",)


def test_it_is_shown_as_text_as_json_and_as_a_page(coverage: Coverage):
    text = to_text(coverage)
    assert text.startswith("QEMU 11.1.3, the block layer's modules of 10.2.2\n")
    assert "   1 of   4  BlockExportType\n             not used: vhost-user-blk, fuse" in text
    assert all(len(line) <= 96 for line in text.splitlines())
    data = json.loads(to_json(coverage))
    (jobs,) = (it for it in data["groups"] if it["name"] == "JobType")
    assert jobs["steps"]["commit"] == ["good-run"]
    assert "stream" in jobs["unused"]
    page = to_markdown(coverage)
    assert "| `BlockExportType` | 1 | 4 |" in page
    assert "* `nbd`: {step}`good-open`\n* not shown: `vhost-user-blk`" in page


def test_the_command_measures_all_examples(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(ROOT)
    assert main(["coverage", "--format", "json"]) == 0
    groups = {it["name"]: it for it in json.loads(capsys.readouterr().out)["groups"]}
    assert groups["JobVerb"]["unused"] == []
    assert groups["JobStatus"]["unused"] == ["undefined"]
