# SPDX-License-Identifier: GPL-2.0-or-later
"""Read patches: a diff, the output of `git format-patch`, an mbox, a mail.

::

    mbox ──► messages ──► subject and words, diff ──► files ──► hunks ──► Patch
                                                                            │
        changed   the functions, types, macros whose lines changed      ◄───┤
        called    the functions whose calls were added or removed       ◄───┤
        written   every other name on a changed line                    ◄───┘

The function that a hunk is in stands behind its second `@@`, or begins in the hunk.
A message without a diff (a cover letter, an answer) lends its words to nobody.
"""

import email
import email.policy
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage, Message

from blockdoc.source.mask import uncomment

__all__ = ["Patch", "read_patches", "touched"]

_MESSAGE = re.compile(r"^From (?:[0-9a-f]{40}|\S+) .*\d{4}$", re.MULTILINE)
_COMMIT = re.compile(r"^commit ([0-9a-f]{7,40})\b", re.MULTILINE)
_HEADER = re.compile(r"^(?:Subject|From|Message-I[dD]|Date): ", re.MULTILINE)
_DIFF = re.compile(r"^(?:diff --git |--- \S+\n\+\+\+ )", re.MULTILINE)
_TAG = re.compile(r"^\s*\[[^\]]*\]\s*")
_NEW_FILE = re.compile(r"\+\+\+ (?:[a-z]/)?([^\t\n]+)")
_OLD_FILE = re.compile(r"--- (?:[a-z]/)?([^\t\n]+)")
_HUNK = re.compile(r"@@ -\d+(?:,(?P<old>\d+))? \+\d+(?:,(?P<new>\d+))? @@ ?(?P<head>.*)")
_TYPE = re.compile(r"(?:typedef\s+)?(?:struct|union|enum)\s+(?P<name>[A-Za-z_]\w*)\s*\{?\s*$")
_TABLE = re.compile(r"[A-Za-z_][\w\s*]*?\b(?P<name>[A-Za-z_]\w*)\s*(?:\[[^]]*\]\s*)*=\s*\{")
_DEFINE = re.compile(r"#\s*define\s+(?P<name>\w+)")
_SCHEMA = re.compile(r"\{\s*'(?:enum|struct|union|command|event)':\s*'(?P<name>[\w-]+)'")
_CALL = re.compile(r"\b(?P<name>[A-Za-z_]\w*)\s*\(")
_WORD = re.compile(r"[A-Za-z_]\w+")
_KEYWORDS = {"if", "for", "while", "switch", "return", "sizeof", "defined", "assert", "else"}
#: What stands before a function and is none: attributes that take arguments.
_SHOUT = re.compile(r"[A-Z][A-Z0-9_]*")
_FIXES = re.compile(r"^\s*Fixes: ([0-9a-f]{7,40})\b", re.MULTILINE | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Patch:
    """One patch."""

    subject: str
    #: What its author says of it.
    message: str
    files: tuple[str, ...]
    #: Names, and on how many lines.
    changed: Counter[str] = field(default_factory=Counter)
    called: Counter[str] = field(default_factory=Counter)
    written: Counter[str] = field(default_factory=Counter)

    @property
    def fixes(self) -> tuple[str, ...]:
        """The commits that it says it mends."""
        return tuple(_FIXES.findall(self.message))


def read_patches(text: str) -> list[Patch]:
    """Read everything that carries a diff, in order."""
    return [patch for part in _parts(text) if (patch := _patch(part)) is not None]


def touched(diff: str) -> set[str]:
    """Return what a diff changes, without what it calls."""
    patch = _patch(diff)
    return set(patch.changed) if patch else set()


def _parts(text: str) -> Iterator[str]:
    """Cut an mbox, or `git log -p`, at its messages; leave everything else whole."""
    text = text.replace("\r\n", "\n")
    starts = [it.start() for it in _MESSAGE.finditer(text)]
    starts = starts or [it.start() for it in _COMMIT.finditer(text)]
    if not starts:
        yield text
        return
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        part = text[start:end]
        yield part.partition("\n")[2] if part.startswith("From ") else part


def _patch(part: str) -> Patch | None:
    subject, body = _message(part)
    start = _DIFF.search(body)
    if start is None:
        return None
    words = body[: start.start()].split("\n---\n")[0]
    patch = Patch(subject or _first_line(words), words.strip(), _files(body[start.start() :]))
    for file, hunk in _hunks(body[start.start() :]):
        _count(patch, file, hunk)
    return patch


def _message(part: str) -> tuple[str, str]:
    """Return subject and decoded body of a mail; without a head, all is body."""
    head = part.partition("\n\n")[0]
    if not _HEADER.match(head.lstrip()) and not re.match(r"[\w-]+: ", head):
        return "", part
    mail = email.message_from_string(part, _class=EmailMessage, policy=email.policy.default)
    content = "\n".join(map(_text, mail.walk()))
    subject = " ".join(str(mail["subject"] or "").split())
    return _TAG.sub("", subject), content


def _text(part: Message) -> str:
    """Return the text of a mail or of an attachment; of what is no text, nothing."""
    if part.get_content_maintype() != "text":
        return ""
    payload = part.get_payload(decode=True)
    return payload.decode(errors="replace") if isinstance(payload, bytes) else ""


def _first_line(words: str) -> str:
    """Return what `git show` indents first."""
    indented = [line.strip() for line in words.split("\n") if line.startswith("    ")]
    return indented[0] if indented else ""


def _files(diff: str) -> tuple[str, ...]:
    names = (it[1] for it in (*_NEW_FILE.finditer(diff), *_OLD_FILE.finditer(diff)))
    return tuple(dict.fromkeys(name for name in names if name != "/dev/null"))


def _hunks(diff: str) -> Iterator[tuple[str, list[str]]]:
    """Yield the file and the lines of each hunk; of the first line, what is behind `@@`."""
    file, lines = "", iter(diff.split("\n"))
    for line in lines:
        if found := _OLD_FILE.match(line) or _NEW_FILE.match(line):
            file = file if found[1] == "/dev/null" else found[1]
        elif hunk := _HUNK.match(line):
            yield file, [hunk["head"], *_body(lines, hunk)]


def _body(lines: Iterator[str], hunk: re.Match[str]) -> Iterator[str]:
    """Yield as many lines as the head of the hunk says."""
    old, new = int(hunk["old"] or 1), int(hunk["new"] or 1)
    while old > 0 or new > 0:
        line = next(lines, None)
        if line is None:
            return
        old -= line[:1] != "+" and line[:1] != "\\"
        new -= line[:1] != "-" and line[:1] != "\\"
        yield line


def _count(patch: Patch, file: str, hunk: list[str]) -> None:
    """Count what a hunk changes, calls and writes."""
    if not file.endswith((".c", ".h", ".inc", ".json")):
        return
    within = _opened(hunk[0], file) or ""
    code = uncomment("\n".join(line[1:] for line in hunk[1:])).split("\n")[: len(hunk) - 1]
    moved = _moved(zip(hunk[1:], code, strict=True))
    for line, bare in zip(hunk[1:], code, strict=True):
        opened = _opened(bare, file)
        within = opened or within
        if line[:1] in {"+", "-"} and bare.strip():
            patch.changed[within] += bool(within)
            _count_line(patch, bare, moved, opened)
        if bare.startswith("}") or (bare.endswith(";") and bare[:1].strip()):
            within = ""


def _moved(lines: Iterable[tuple[str, str]]) -> set[str]:
    """Return the calls that a hunk takes away and puts back: only what is around changed."""
    calls: dict[str, Counter[str]] = {"+": Counter(), "-": Counter()}
    for line, bare in lines:
        if line[:1] in calls:
            calls[line[:1]].update(_CALL.findall(bare))
    return {name for name, count in calls["+"].items() if calls["-"][name] == count}


def _count_line(patch: Patch, bare: str, moved: set[str], opened: str | None) -> None:
    calls = {it for it in _CALL.findall(bare) if it not in _KEYWORDS and it != opened}
    patch.called.update(calls - moved)
    words = {it for it in _WORD.findall(bare) if it not in _KEYWORDS}
    patch.written.update(words - calls - {opened} | (calls & moved))


def _opened(line: str, file: str) -> str | None:
    """Return what begins on a line, or is declared there."""
    if file.endswith(".json"):
        found = _SCHEMA.match(line)
        return found["name"] if found else None
    if define := _DEFINE.match(line):
        return define["name"]
    if not line[:1].isalpha() and line[:1] != "_":
        return None
    if found := _TYPE.match(line) or _TABLE.match(line):
        return found["name"]
    names = [it["name"] for it in _CALL.finditer(line) if not _SHOUT.fullmatch(it["name"])]
    return names[0] if names and not line.rstrip().endswith(":") else None
