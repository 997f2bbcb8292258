# SPDX-License-Identifier: GPL-2.0-or-later
"""Shows findings: as text, as JSON, as JUnit.

::

    findings ─┬─ to_text    path:line: kind: message        one a line
              ├─ to_json    [ { path, line, id, kind, message }, … ]
              └─ to_junit   a test case for each thing that was checked
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple
from xml.etree import ElementTree as ET

from blockdoc.lint.finding import Finding

__all__ = ["Checked", "to_json", "to_junit", "to_text"]

#: What XML 1.0 cannot hold, not even escaped.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Checked(NamedTuple):
    """One thing that was checked, whether or not something was found."""

    path: str
    #: As :attr:`Finding.id`.
    id: str


def to_text(findings: Iterable[Finding]) -> str:
    """Write one line for each finding."""
    return "".join(f"{finding}\n" for finding in findings)


def to_json(findings: Iterable[Finding]) -> str:
    """Write a list of objects."""
    return json.dumps([finding.as_json() for finding in findings], indent=1) + "\n"


def to_junit(findings: Sequence[Finding], checked: Iterable[Checked], suite: str) -> str:
    """Write a JUnit test suite: a case for each thing checked, failed where something is wrong.

    A finding of something that is not in `checked` gets a case of its own.
    """
    failures: defaultdict[Checked, list[Finding]] = defaultdict(list)
    for finding in findings:
        failures[Checked(finding.place.path, finding.id)].append(finding)
    cases = list(dict.fromkeys([*checked, *failures]))
    top = ET.Element("testsuites")
    attributes = {
        "name": suite,
        "tests": str(len(cases)),
        "failures": str(len(failures)),
        "errors": "0",
        "skipped": "0",
    }
    element = ET.SubElement(top, "testsuite", attributes)
    for case in cases:
        _add_case(element, case, failures.get(case, []))
    ET.indent(top)
    return ET.tostring(top, encoding="unicode", xml_declaration=True) + "\n"


def _add_case(suite: ET.Element, case: Checked, findings: Sequence[Finding]) -> None:
    name = {"classname": _xml(case.path), "name": _xml(case.id or case.path), "time": "0"}
    element = ET.SubElement(suite, "testcase", name)
    if findings:
        first = _xml(f"{findings[0].kind}: {findings[0].message}")
        failure = ET.SubElement(element, "failure", {"message": first})
        failure.text = _xml(to_text(findings))


def _xml(text: str) -> str:
    """Show what XML has no place for as U+FFFD."""
    return _NOT_XML.sub("\ufffd", text)
