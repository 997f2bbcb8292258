// SPDX-License-Identifier: GPL-2.0-or-later
// Copy buttons. Pages say everything without this; it only saves work.
"use strict";

(() => {
  const status = document.createElement("p");
  status.className = "visually-hidden";
  status.setAttribute("role", "status");

  async function copy(text, button) {
    const label = button.textContent;
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Cannot copy here";
    }
    status.textContent = button.textContent;
    setTimeout(() => { button.textContent = label; }, 1500);
  }

  // What a button copies: the text that the page gave it, or the link to its anchor.
  function target(button) {
    const link = new URL(`#${button.dataset.anchor}`, location.href).href;
    return button.dataset.copy || link;
  }

  // The commands of a transcript, without arrows: to paste into a QMP monitor.
  function commands(figure) {
    return [...figure.querySelectorAll(".qmp-command")]
      .map((message) => message.textContent.replace(/^->/, "").replace(/\s*\n\s*/g, " ").trim())
      .join("\n");
  }

  function addCommandsButton(figure) {
    const head = figure.querySelector(".guide-head");
    if (!head || !figure.querySelector(".qmp-command") || figure.querySelector(".alternative")) {
      return;
    }
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy commands";
    button.addEventListener("click", () => copy(commands(figure), button));
    head.append(button);
  }

  // A link to a step that is folded away opens it.
  function unfold() {
    const found = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const details = found && found.querySelector("details.setup");
    if (details) {
      details.open = true;
    }
  }

  document.addEventListener("DOMContentLoaded", () => {
    document.body.append(status);
    for (const button of document.querySelectorAll("button.copy[hidden]")) {
      button.hidden = false;
      button.addEventListener("click", () => copy(target(button), button));
    }
    document.querySelectorAll("figure.step-qmp").forEach(addCommandsButton);
    unfold();
    addEventListener("hashchange", unfold);
  });
})();
