# SPDX-License-Identifier: GPL-2.0-or-later
# Targets are thin: each calls one tool. Everything lands in .venv and build.

PYTHON = python3

help:           ## this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile | expand -t 18

site: doctest html   ## set up, run every example against a real QEMU, build the site: build/html

check: browser lint style types html test   ## set up, then everything that must pass before a commit

doctest: setup  ## run the examples;  ARGS='-k commit -x' goes to pytest,  QEMU_BUILD=DIR runs that build
	.venv/bin/pytest $(if $(findstring examples/,$(ARGS)),,examples) -n auto --dist loadfile $(ARGS)

record: setup   ## write what QEMU really answers into the examples;  ARGS=FILE… for some of them
	.venv/bin/blockdoc record $(ARGS)

html: setup     ## build the site alone
	.venv/bin/sphinx-build -W --keep-going -q -b html -d build/doctrees . build/html

test: setup     ## run every test, examples included;  ARGS goes to pytest
	.venv/bin/pytest -n auto --dist loadfile $(ARGS)

lint: venv      ## look for mistakes in the Python code
	.venv/bin/ruff check

style: venv     ## is the Python code formatted? (.venv/bin/ruff format does it)
	.venv/bin/ruff format --check

types: venv     ## check types
	.venv/bin/mypy

symbols: venv   ## find every cited symbol in QEMU's sources;  QEMU_SRC='DIR…', one per release
	.venv/bin/blockdoc symbols $(QEMU_SRC:%=--tree %) $(ARGS)

lock:           ## pin the dependencies of pyproject.toml anew;  ARGS=--upgrade takes the newest
	$(PYTHON) tools/bootstrap lock $(ARGS)

clean:          ## remove everything that these targets have made
	rm -rf build .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis tools/*.egg-info

# The set-up looks first and is quick when nothing is missing.
venv:
	@$(PYTHON) tools/bootstrap
setup:
	@$(PYTHON) tools/bootstrap qemu graphviz
browser:
	@$(PYTHON) tools/bootstrap qemu graphviz browser

.PHONY: help site check doctest record html test lint style types symbols lock clean venv setup browser
.NOTPARALLEL:
