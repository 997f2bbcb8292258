// SPDX-License-Identifier: GPL-2.0-or-later
// The theme's menus are labels of hidden check boxes: a mouse opens them, and now a key.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const DRAWERS = { __navigation: ".sidebar-drawer", __toc: ".toc-drawer" };

  function addKeys(label) {
    const box = document.getElementById(label.htmlFor);
    const icon = label.querySelector(".icon");
    const drawer = document.querySelector(DRAWERS[box.id] || "#none");
    const say = () => icon.setAttribute("aria-expanded", String(box.checked));
    icon.tabIndex = 0;
    icon.setAttribute("role", "button");
    icon.setAttribute("aria-label", box.getAttribute("aria-label"));
    say();
    box.addEventListener("change", say);
    icon.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      box.click();
      // It slides in, and takes the focus when it can be seen.
      const inside = drawer && box.checked ? [...drawer.querySelectorAll("a, input")] : [];
      inside.find((it) => it.getClientRects().length)?.focus();
    });
    if (drawer) {
      document.addEventListener("keydown", (event) => {
        if (event.key !== "Escape" || !box.checked || !icon.getClientRects().length) return;
        box.click();
        icon.focus();
      });
    }
  }

  document.querySelectorAll("label.nav-overlay-icon, label.toc-overlay-icon, .toctree-checkbox + label")
    .forEach(addKeys);
});
