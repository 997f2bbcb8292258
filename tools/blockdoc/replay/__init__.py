# SPDX-License-Identifier: GPL-2.0-or-later
"""Replay what libvirt said to QEMU, without libvirt.

::

    FILE.json ──► recording ──► presupposed: images, command line, devices ──► QEMU
                      │                                                         │
                      └── libvirt's side ──► conversation ◄─────────────────────┘
                                                 │
                     fit: replies, events, final graph ──► findings
"""

from blockdoc.replay.finding import Finding
from blockdoc.replay.recording import Recording, read_recording, read_recordings
from blockdoc.replay.run import Outcome, replay

__all__ = ["Finding", "Outcome", "Recording", "read_recording", "read_recordings", "replay"]
