# SPDX-License-Identifier: GPL-2.0-or-later
"""Record what libvirt says to QEMU."""
