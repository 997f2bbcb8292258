# SPDX-License-Identifier: GPL-2.0-or-later
"""Tools that keep the living guide to QEMU's block layer true.

The layers, from the world downwards; imports only ever point down:

====================================  ===============================================
faces                                 ``cli``, ``sphinx_ext``, ``pytest_plugin``
services                              ``doctest`` (run, report, record)
engine: talks to the world            ``qemu``, ``layout``, ``source``
core: pure functions, no input/output ``transcript``, ``example``, ``graph``, ``errors``
====================================  ===============================================
"""
