# SPDX-License-Identifier: GPL-2.0-or-later
"""Draw block graphs: Graphviz finds the places, everything that is seen is ours.

::

    frames ──► union ──► _boxes: how large? ──► dot: where? ──► svg: one picture per frame
"""
