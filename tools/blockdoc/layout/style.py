# SPDX-License-Identifier: GPL-2.0-or-later
"""The style sheet inside of a picture that stands alone; the site has its own."""

from typing import Final

__all__ = ["STYLE"]

_LIGHT: Final = (
    "--bg-ink:#1d2430;--bg-soft:#55606e;--bg-line:#66717f;--bg-page:#fff;--bg-node:#f4f7fb;"
    "--bg-node-edge:#4c6a92;--bg-filter:#fdf5e6;--bg-filter-edge:#94661c;--bg-backend:#eef7f1;"
    "--bg-backend-edge:#3b7a54;--bg-export:#eef7f8;--bg-export-edge:#2a7783;--bg-job:#f6f0fa;"
    "--bg-job-edge:#7a4f9c;--bg-added:#1c6fb8;--bg-removed:#a33b3b;--bg-changed:#b0480b;"
    "--bg-path:#b01f5f"
)
_DARK: Final = (
    "--bg-ink:#e6eaf0;--bg-soft:#aab4c1;--bg-line:#8b97a6;--bg-page:#131416;--bg-node:#1c2530;"
    "--bg-node-edge:#7ea3d4;--bg-filter:#2b2414;--bg-filter-edge:#d6a653;--bg-backend:#16281d;"
    "--bg-backend-edge:#6fbd8d;--bg-export:#14282b;--bg-export-edge:#66bcc9;--bg-job:#261c2f;"
    "--bg-job-edge:#bf95e0;--bg-added:#6db8f7;--bg-removed:#f08a8a;--bg-changed:#f5935a;"
    "--bg-path:#ff7fb3"
)


def _kind(kind: str) -> str:
    paint = f"fill:var(--bg-{kind});stroke:var(--bg-{kind}-edge)"
    return f".bg-{kind}>rect,.bg-{kind}>polygon,.bg-{kind}>line{{{paint};stroke-width:1.25}}"


def _mark(mark: str) -> str:
    colour = f"var(--bg-{mark})"
    return (
        f".bg-node.bg-{mark}>rect,.bg-node.bg-{mark}>polygon,.bg-node.bg-{mark}>line,"
        f".bg-edge.bg-{mark}>path{{stroke:{colour};stroke-width:2.75}}"
        f".bg-edge.bg-{mark}>polygon{{fill:{colour}}}"
    )


STYLE: Final = "\n".join(
    [
        f".block-graph{{{_LIGHT};font-family:system-ui,sans-serif}}",
        f"@media(prefers-color-scheme:dark){{.block-graph{{{_DARK}}}}}",
        "@media print{.block-graph{" + _LIGHT + "}}",
        ".block-graph text{text-anchor:middle;fill:var(--bg-ink)}",
        ".block-graph .bg-left{text-anchor:start}",
        ".bg-page{fill:var(--bg-page)}",
        ".bg-head,.bg-name{font-size:14px;font-weight:600}",
        ".bg-what,.bg-role{font-size:12px}",
        ".block-graph .bg-what,.block-graph .bg-permissions{fill:var(--bg-soft)}",
        ".bg-permissions{font-family:ui-monospace,monospace;font-size:11.5px;white-space:pre}",
        *map(_kind, ("node", "filter", "backend", "export", "job")),
        ".bg-edge>path{fill:none;stroke:var(--bg-line);stroke-width:1.25}",
        ".bg-edge>polygon{fill:var(--bg-line)}",
        ".bg-from-job>path{stroke-dasharray:5 3}",
        ".bg-ground{fill:var(--bg-page);fill-opacity:.88}",
        *map(_mark, ("added", "removed", "changed", "path")),
        ".bg-removed>rect,.bg-removed>polygon,.bg-removed>path{stroke-dasharray:3 3}",
        ".bg-removed>.bg-name,.bg-removed>.bg-role{text-decoration:line-through}",
    ]
)
