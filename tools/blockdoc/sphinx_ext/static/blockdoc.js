// SPDX-License-Identifier: GPL-2.0-or-later
// Copy buttons, tabs for answers that differ by release, a filter of the rules.
// Pages say everything without this; it only saves work and room.
"use strict";

(() => {
  const status = document.createElement("p");
  status.className = "visually-hidden";
  status.setAttribute("role", "status");

  // A page that came without TLS has no clipboard of the first kind.
  async function write(text, button) {
    if (navigator.clipboard) {
      await navigator.clipboard.writeText(text);
      return;
    }
    const area = document.createElement("textarea");
    area.value = text;
    button.after(area);
    area.select();
    const copied = document.execCommand("copy");
    area.remove();
    button.focus();
    if (!copied) {
      throw new Error("no clipboard");
    }
  }

  async function copy(text, button) {
    const label = button.textContent;
    try {
      await write(text, button);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Cannot copy here";
    }
    status.textContent = button.textContent;
    setTimeout(() => { button.textContent = label; }, 1500);
  }

  // The commands of a transcript, without arrows: to paste into a QMP monitor.
  function commands(figure) {
    return [...figure.querySelectorAll(".qmp-command")]
      .filter((message) => !message.closest("[hidden]"))
      .map((message) => message.textContent.replace(/^->/, "").replace(/\s*\n\s*/g, " ").trim())
      .join("\n");
  }

  function addCommandsButton(figure) {
    const head = figure.querySelector(".guide-head");
    if (!head || !figure.querySelector(".qmp-command")) {
      return;
    }
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy commands";
    button.addEventListener("click", () => copy(commands(figure), button));
    head.append(button);
  }

  // Tabs, as the ARIA Authoring Practices have them: arrows move, and select.
  let tabs = 0;

  function makeTabs(box) {
    const panels = [...box.querySelectorAll(":scope > .alternative")];
    const list = document.createElement("div");
    list.className = "alternative-tabs";
    list.setAttribute("role", "tablist");
    list.setAttribute("aria-label", "Answers by release");
    for (const panel of panels) {
      const label = panel.querySelector(".alternative-for").textContent.trim();
      list.append(makeTab(panel, label));
    }
    list.addEventListener("click", (event) => {
      const tab = event.target.closest("[role=tab]");
      if (tab) {
        selectEverywhere(tab);
      }
    });
    list.addEventListener("keydown", (event) => moveTo(list, event));
    box.classList.add("tabbed");
    box.prepend(list);
    const newest = panels.findIndex((panel) => panel.hasAttribute("data-newest"));
    select(list.children[newest < 0 ? panels.length - 1 : newest]);
  }

  function makeTab(panel, label) {
    const tab = document.createElement("button");
    tabs += 1;
    tab.type = "button";
    tab.id = `alternative-tab-${tabs}`;
    tab.textContent = label;
    tab.setAttribute("role", "tab");
    panel.id = `alternative-${tabs}`;
    panel.setAttribute("role", "tabpanel");
    panel.setAttribute("aria-labelledby", tab.id);
    tab.setAttribute("aria-controls", panel.id);
    return tab;
  }

  function panelOf(tab) {
    return document.getElementById(tab.getAttribute("aria-controls"));
  }

  function select(tab) {
    for (const other of tab.parentElement.children) {
      const chosen = other === tab;
      other.setAttribute("aria-selected", String(chosen));
      other.tabIndex = chosen ? 0 : -1;
      panelOf(other).hidden = !chosen;
    }
  }

  // Who wants one release wants it in every step of the page; what was clicked stays in place.
  function selectEverywhere(tab) {
    const before = tab.getBoundingClientRect().top;
    for (const other of document.querySelectorAll(".alternative-tabs [role=tab]")) {
      if (other.textContent === tab.textContent) {
        select(other);
      }
    }
    scrollBy({ top: tab.getBoundingClientRect().top - before, behavior: "instant" });
  }

  function moveTo(list, event) {
    const all = [...list.children];
    const here = all.indexOf(document.activeElement);
    const to = {
      ArrowLeft: (here + all.length - 1) % all.length,
      ArrowRight: (here + 1) % all.length,
      Home: 0,
      End: all.length - 1,
    }[event.key];
    if (here >= 0 && to !== undefined) {
      event.preventDefault();
      selectEverywhere(all[to]);
      all[to].focus();
    }
  }

  // The rules whose lines have all the words that are asked for.
  function addFilter(list) {
    const items = [...list.children];
    const label = document.createElement("label");
    const input = document.createElement("input");
    const count = document.createElement("span");
    const show = () => {
      const words = input.value.toLowerCase().split(/\s+/);
      for (const item of items) {
        const text = item.textContent.toLowerCase();
        item.hidden = !words.every((word) => text.includes(word));
      }
      count.textContent = ` ${items.filter((item) => !item.hidden).length} of ${items.length}`;
    };
    input.type = "search";
    count.setAttribute("role", "status");
    label.className = "rule-filter";
    label.append("Rules with ", input);
    input.addEventListener("input", show);
    list.before(label, count);
    show();
  }

  // A link to a step that is folded away opens it; one into a tab's panel shows the panel.
  // One to what has moved to another page goes on to there.
  function unfold() {
    const found = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (found && found.matches("a.moved")) {
      location.replace(found.href);
    }
    const details = found && found.querySelector("details.setup");
    if (details) {
      details.open = true;
    }
    const panel = found && found.closest(".alternative[hidden]");
    if (panel) {
      selectEverywhere(document.getElementById(panel.getAttribute("aria-labelledby")));
      found.scrollIntoView();
    }
  }

  document.addEventListener("DOMContentLoaded", () => {
    document.body.append(status);
    for (const button of document.querySelectorAll("button.copy[hidden]")) {
      button.hidden = false;
      button.addEventListener("click", () => copy(button.dataset.copy, button));
    }
    document.querySelectorAll(".rule-index").forEach(addFilter);
    document.querySelectorAll(".alternatives").forEach(makeTabs);
    document.querySelectorAll("figure.step-qmp").forEach(addCommandsButton);
    unfold();
    addEventListener("hashchange", unfold);
  });
})();
