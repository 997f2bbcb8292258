# SPDX-License-Identifier: GPL-2.0-or-later
"""A test that is being written: its calls, what it prints, and what goes around them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from blockdoc.example import Example
from blockdoc.export.iotest.helpers import HELPERS
from blockdoc.export.iotest.python import WIDTH, assign, call
from blockdoc.qemu.images import tool_words

__all__ = ["Program"]

#: Machines that only the emulator of x86 has.
X86 = ("pc", "q35")
LICENCE = "# SPDX-License-Identifier: GPL-2.0-or-later\n"
LONG_LINES = "\n# pylint: disable=line-too-long\n"


@dataclass(slots=True)
class Program:
    """What is written so far of the test of an example with one machine."""

    example: Example
    #: Calls of the steps, and what the test prints.
    code: list[str] = field(default_factory=list)
    out: list[str] = field(default_factory=list)
    #: Names of the helpers that are called.
    helpers: set[str] = field(default_factory=set)
    #: Drivers that the test cannot do without.
    drivers: set[str] = field(default_factory=set)
    #: Whether a form has been written, and its variable has a type.
    has_form: bool = False
    #: Whether the machine has been started; and whether it has ended.
    started: bool = False
    ended: bool = False

    @property
    def is_daemon(self) -> bool:
        """Whether it runs a storage daemon."""
        return self.example.machines[0].kind == "storage-daemon"

    @property
    def _indent(self) -> int:
        return 8 if self.started else 4

    def call(self, function: str, /, *positional: object, **keywords: object) -> None:
        """Write a call; a helper comes with it."""
        if function in HELPERS:
            self.helpers.add(function)
        self.code.append(call(function, positional, keywords, self._indent))

    def form(self, value: object) -> None:
        """Write the form of the answer that is asked for next."""
        self.code.append(assign("form" if self.has_form else "form: Any", value, self._indent))
        self.has_form = True

    def title(self, name: str) -> None:
        """Begin a step."""
        if self.code:
            self.code.append("")
        self.call("log", f"\n=== {name} ===")
        self.out += ["", f"=== {name} ==="]

    def start(self) -> None:
        """Start the machine, unless it runs."""
        if self.started:
            return
        if self.code:
            self.code.append("")
        words = self.example.machines[0].args
        if self.is_daemon:
            self.helpers.add("Daemon")
            self.code.append(f"{call('with Daemon', words, {}, 4)} as vm:")
            self.started = True
            return
        self.code.append("    with iotests.VM() as vm:")
        self.started = True
        board = () if {"-machine", "-M"} & set(words) else ("-machine", "none")
        self.call("vm.add_args", "-no-user-config", *board, *words)
        self.call("vm.add_paused")
        self.call("vm.launch")

    def end(self) -> None:
        """Write that QEMU was asked to quit, and has."""
        self.call("vm.wait")
        self.ended = True

    def output(self) -> str:
        """Return what the test prints."""
        return "".join(f"{line.rstrip()}\n" for line in "\n".join(self.out).split("\n"))

    def text(self, release: str) -> str:
        """Return the test."""
        used = self.helpers | {it for name in self.helpers for it in HELPERS[name].uses}
        helpers = [helper for name, helper in HELPERS.items() if name in used]
        imports = {
            "import os",
            "import tempfile",
            *(it for one in helpers for it in one.imports),
        }
        plain = sorted(it for it in imports if it.startswith("import"))
        lines = [
            "#!/usr/bin/env python3",
            "# group: rw quick" if self.started else "# group: rw img quick",
            "#",
            f"# {self.example.title}",
            "#",
            f"# {self.example.path} of the living guide to QEMU's block layer,",
            f"# with the answers of QEMU {release}.",
            "#",
            LICENCE,
            *plain,
            *sorted(imports.difference(plain)),
            "",
            "import iotests",
            "from iotests import log",
            "",
            *(f"\n{helper.text}" for helper in helpers),
            "",
            *self._head(),
            "",
            "# Names of files are relative: the answers hold them as the example does.",
            "with tempfile.TemporaryDirectory(dir=iotests.test_dir) as folder:",
            "    os.chdir(folder)",
            *self._images(),
            "",
            *self.code,
        ]
        text = re.sub(r"\n{4,}", "\n\n\n", "\n".join(lines)) + "\n"
        too_long = any(len(line) > WIDTH for line in text.split("\n"))
        return text.replace(LICENCE, LICENCE + LONG_LINES if too_long else LICENCE)

    def _head(self) -> Iterator[str]:
        formats = [image.format for image in self.example.images]
        main = "qcow2" if "qcow2" in formats or not formats else formats[0]
        needed = {*formats, *self.drivers} - {main, "file", "raw"}
        options: dict[str, object] = {
            "supported_fmts": [main],
            "supported_protocols": ["file"],
            "supported_platforms": ["linux"],
            "unsupported_imgopts": ["="],
        }
        if needed:
            options["required_fmts"] = sorted(needed)
        yield call("iotests.script_initialize", (), options)
        words = {word.partition(",")[0] for word in self.example.machines[0].args}
        if not self.is_daemon and words & set(X86):
            yield f"if iotests.qemu_default_machine not in {X86!r}:"
            yield "    iotests.notrun('needs a machine of x86')"

    def _images(self) -> Iterator[str]:
        for image in self.example.images:
            for tool, *words in tool_words(image):
                plain = [word for word in words if word not in {"--", "-q"}]
                yield call(f"iotests.{tool.replace('-', '_')}", plain, {}, 4)
