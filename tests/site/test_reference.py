# SPDX-License-Identifier: GPL-2.0-or-later
"""The reference has every public name of the package, and no other."""

import importlib
import pkgutil

import blockdoc
import pytest
from conftest import HTML
from sphinx.util.inventory import InventoryFile

#: Not to be imported by others: what the commands and the site are made of, and what is for
#: this repository alone.
INTERNAL = {
    "bench",
    "cachedir",
    "cli",
    "coverage",
    "libvirt",
    "mutants",
    "plural",
    "published",
    "pytest_plugin",
    "pytest_results",
    "rst",
    "sphinx_ext",
}
OBJECTS = ("py:class", "py:function", "py:data", "py:exception", "py:type")


@pytest.fixture(scope="session")
def names(pages: list[str]) -> dict[str, set[str]]:  # noqa: ARG001 - the site must be there
    """Return the names that the reference has, by module, or by the package of its module."""
    inventory = InventoryFile.loads((HTML / "objects.inv").read_bytes(), uri="").data
    found: dict[str, set[str]] = {module: set() for module in inventory["py:module"]}
    for kind in OBJECTS:
        for it, entry in inventory.get(kind, {}).items():
            if entry.uri.endswith(f"#{it}"):  # no alias
                home, _, name = it.rpartition(".")
                found[home if home in found else home.rpartition(".")[0]].add(name)
    return found


def test_each_part_of_the_package_is_in_it_or_is_internal(names: dict[str, set[str]]) -> None:
    there = {it.name for it in pkgutil.iter_modules(blockdoc.__path__)}
    shown = {module.split(".")[1] for module in names}
    assert shown | INTERNAL == there
    assert shown & INTERNAL == set()


def test_it_has_the_public_names_of_its_modules_and_no_others(
    names: dict[str, set[str]],
) -> None:
    assert names == {it: set(importlib.import_module(it).__all__) for it in names}


def test_each_public_name_is_there(names: dict[str, set[str]]) -> None:
    for module, its in names.items():
        assert all(hasattr(importlib.import_module(module), name) for name in its)
