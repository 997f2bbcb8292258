# SPDX-License-Identifier: GPL-2.0-or-later
# Targets are thin: each calls one tool. Everything lands in .venv and build.

PYTHON = python3
# Examples need no Hypothesis, and its plugin takes a second at the end of every run.
LEAN = -p no:hypothesispytest

help:           ## this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile | expand -t 23

site: doctest html   ## set up, run every example against a real QEMU, build the site: build/html

check: browser lint style types html test   ## set up, then everything that must pass before a commit

doctest: setup  ## run the examples;  ARGS='-k commit -x' goes to pytest,  QEMU_BUILD=DIR runs that build, or 10.0
	.venv/bin/pytest $(if $(findstring examples/,$(ARGS)),,examples) $(LEAN) -n auto --dist loadfile $(ARGS)

replay: setup   ## say again what libvirt says, hold the answers against it;  ARGS=FILE…,  QEMU_BUILD=DIR
	.venv/bin/blockdoc replay $(ARGS)

libvirt-record: brings ## record what libvirt says to QEMU, as root;  SUITE=trixie,  ARGS='--only blockpull --out DIR'
	.venv/bin/blockdoc libvirt-record $(or $(SUITE),$(error say which Debian: make libvirt-record SUITE=trixie)) $(ARGS)

record: setup   ## write what QEMU really answers into the examples;  ARGS=FILE… for some of them
	.venv/bin/blockdoc record $(ARGS)

matrix: brings  ## run the examples on every release, write the verdicts down;  ARGS='10.0 --build DIR'
	.venv/bin/blockdoc matrix $(ARGS)

releases: brings ## bring releases of QEMU without touching the host;  ARGS='10.0 11.1' for some of them
	.venv/bin/blockdoc qemu install $(or $(ARGS),all)

sources: venv   ## bring QEMU's sources, in which symbols are looked up;  ARGS='10.2' for some of them
	@$(PYTHON) tools/bootstrap sources
	.venv/bin/blockdoc qemu source $(or $(ARGS),all)

html: setup     ## build the site alone
	.venv/bin/sphinx-build -W --keep-going -q -b html -d build/doctrees . build/html

test: setup     ## run every test, examples included;  ARGS goes to pytest
	.venv/bin/pytest -n auto --dist loadfile -o faulthandler_timeout=120 $(ARGS)

lint: venv      ## look for mistakes in the Python code, in all QMP that pages show, and in ids
	.venv/bin/ruff check
	.venv/bin/blockdoc lint examples docs README.md
	.venv/bin/blockdoc ids

style: venv     ## is the Python code formatted? (.venv/bin/ruff format does it)
	.venv/bin/ruff format --check

types: venv     ## check types
	.venv/bin/mypy

bench: setup    ## what the runner costs beside a bare replay;  QEMU_SRC=DIR: beside its iotests, too
	.venv/bin/python -m blockdoc.bench $(ARGS)
	$(if $(QEMU_SRC),.venv/bin/python -m blockdoc.bench.iotests --qemu-src $(QEMU_SRC))

mutants: venv   ## change QEMU carelessly: which example notices?  QEMU_SRC=DIR,  ARGS=NAME… of tests/mutants
	@$(PYTHON) tools/bootstrap sandbox libnbd build
	.venv/bin/blockdoc mutants $(if $(QEMU_SRC),--qemu-src $(QEMU_SRC)) $(ARGS)

dwarf: venv     ## build a storage daemon with debugging information;  QEMU_DWARF=$PWD/build/dwarf/build make test  runs tests/gdb on it
	@$(PYTHON) tools/bootstrap build sources gdb
	$(if $(ARGS),,.venv/bin/blockdoc qemu source 10.0)
	.venv/bin/blockdoc qemu build $(or $(ARGS),10.0)

symbols: venv   ## find every cited symbol in QEMU's sources;  QEMU_SRC='DIR…', one per release
	.venv/bin/blockdoc symbols $(QEMU_SRC:%=--tree %) $(ARGS)

drift: venv     ## which sections describe code that has changed?  QEMU_SRC=DIR,  ARGS='--since v10.2.0'
	.venv/bin/blockdoc drift --source $(or $(QEMU_SRC),$(error say where QEMU is: make drift QEMU_SRC=DIR)) $(ARGS)

lock:           ## pin the dependencies of pyproject.toml anew;  ARGS=--upgrade takes the newest
	$(PYTHON) tools/bootstrap lock $(ARGS)

clean:          ## remove everything that these targets have made
	rm -rf build .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis tools/*.egg-info

# The set-up looks first and is quick when nothing is missing.
venv:
	@$(PYTHON) tools/bootstrap
setup:
	@$(PYTHON) tools/bootstrap qemu sandbox libnbd graphviz
brings:
	@$(PYTHON) tools/bootstrap sandbox libnbd releases
browser:
	@$(PYTHON) tools/bootstrap qemu sandbox libnbd graphviz browser

.PHONY: help site check doctest replay libvirt-record record matrix releases sources html test lint style types symbols drift bench mutants dwarf lock clean venv setup brings browser
.NOTPARALLEL:
