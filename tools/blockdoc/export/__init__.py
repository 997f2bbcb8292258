# SPDX-License-Identifier: GPL-2.0-or-later
"""Examples in the notation of others."""
