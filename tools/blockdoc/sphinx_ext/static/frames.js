// SPDX-License-Identifier: GPL-2.0-or-later
// Shows the frames of an example one at a time, each in the place of the one before, with
// the steps that led to it. The page has all of them without this; nothing here is needed.
"use strict";

(() => {
  const UNWANTED = ".guide-head button, .permalink, .headerlink, .frames-open, [role=tablist], [hidden]";
  let shown = null;  // the dialog, once it was needed

  function make(kind, attributes = {}, ...content) {
    const made = document.createElement(kind);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...content);
    return made;
  }

  // The frames of one example and one machine belong together, in the order of the page.
  function rows() {
    const found = new Map();
    for (const figure of document.querySelectorAll("figure.step-graph")) {
      const box = figure.closest(".example") || figure.closest("article");
      if (!box) continue;
      if (!found.has(box)) found.set(box, new Map());
      const machines = found.get(box);
      const machine = figure.dataset.vm || "";
      if (!machines.has(machine)) machines.set(machine, []);
      machines.get(machine).push(figure);
    }
    return [...found.values()].flatMap((machines) => [...machines.values()])
      .filter((row) => row.length > 1);
  }

  // A copy for the dialog: ids are the page's own, and so are its buttons.
  function copied(node) {
    const copy = node.cloneNode(true);
    for (const it of copy.querySelectorAll(UNWANTED)) it.remove();
    for (const it of [copy, ...copy.querySelectorAll("*")]) {
      if (!(it instanceof Element)) continue;
      for (const name of ["id", "aria-labelledby", "aria-controls"]) {
        const value = it.getAttribute(name);
        if (!value) continue;
        if (it.closest("svg")) {
          it.setAttribute(name, value.split(" ").map((id) => `shown-${id}`).join(" "));
        } else {
          it.removeAttribute(name);
        }
      }
      if (it.getAttribute("role") === "tabpanel") it.removeAttribute("role");
    }
    return copy;
  }

  // In the dialog one picture takes the place of another, so all have the same view.
  function whole(picture) {
    const view = picture.dataset.whole;
    if (!view) return picture;
    const [, , wide, high] = view.split(" ");
    const least = parseFloat(picture.style.minWidth) / picture.getAttribute("width");
    picture.style.minWidth = `${Math.round(least * wide)}px`;
    for (const [name, value] of Object.entries({ viewBox: view, width: wide, height: high })) {
      picture.setAttribute(name, value);
    }
    return picture;
  }

  // Of a step with alternatives, the one whose tab is chosen.
  const part = (figure, what) =>
    [...figure.querySelectorAll(what)].find((it) => !it.closest("[hidden]"));

  // What stands between two frames: the steps, and what is said of them.
  function between(row, place) {
    const range = document.createRange();
    const box = row[place].closest(".example") || row[place].closest("article");
    const before = row[place - 1] || null;
    if (before) range.setStartAfter(before);
    else range.setStartBefore(box.querySelector("figure.step"));
    range.setEndBefore(row[place]);
    const found = document.createElement("div");
    found.append(copied(range.cloneContents()));
    for (const it of found.querySelectorAll("figure.step-graph")) it.remove();
    return found;
  }

  const name = (figure) => `frame-${figure.dataset.step}`;

  function view() {
    const back = make("button", { type: "button", class: "frames-button" }, "◀ back");
    const on = make("button", { type: "button", class: "frames-button" }, "on ▶");
    const line = make("input", { type: "range", min: "0", value: "0", "aria-label": "Frame" });
    const close = make("button", { type: "button", class: "frames-button" }, "Close");
    const where = make("p", { class: "frames-where", id: "frames-where", role: "status" });
    const picture = make("div", { class: "graph-box", tabindex: "0", role: "region", "aria-label": "Picture" });
    const beside = make("div", { class: "frames-beside", tabindex: "0", role: "region", "aria-label": "What led here" });
    const bar = make("div", { class: "frames-bar" }, back, line, on, close);
    const dialog = make("dialog", { class: "frames", "aria-labelledby": "frames-where" },
      bar, where, make("div", { class: "frames-body" }, picture, beside));
    document.body.append(dialog);
    let row = [];

    function show(place) {
      const figure = row[place];
      const condition = part(figure, ".alternative-for");
      where.replaceChildren(`Frame ${place + 1} of ${row.length}: `,
        make("a", { href: `#${name(figure)}` }, figure.dataset.step),
        condition ? `, ${condition.textContent.trim()}` : "");
      picture.replaceChildren(whole(copied(part(figure, "svg.block-graph"))));
      const changes = part(figure, ".graph-changes");
      const steps = between(row, place);
      beside.replaceChildren(
        ...(changes ? [make("h2", {}, "What has changed"), copied(changes)] : []),
        ...(steps.textContent.trim() ? [make("h2", {}, "What led here"), steps] : []));
      beside.scrollTop = 0;
      history.replaceState(history.state, "", `#${name(figure)}`);
      return `frame ${place + 1}, ${figure.dataset.step}`;
    }

    const steps = window.stepping({ back, on, line, keys: dialog, count: () => row.length, show });
    close.addEventListener("click", () => dialog.close());
    dialog.addEventListener("click", (event) => {
      const link = event.target.closest("a[href]");
      if (event.target === dialog) dialog.close();
      else if (link && !link.closest(".frames-where") && link.hash) dialog.close();
    });
    // Back to the page: to the picture that was looked at last.
    dialog.addEventListener("close", () => {
      const figure = row[steps.place];
      const own = figure.id ? `#${figure.id}` : location.pathname + location.search;
      if (location.hash === `#${name(figure)}`) history.replaceState(history.state, "", own);
      const opener = figure.querySelector(".frames-open");
      opener.focus({ preventScroll: true });
      opener.scrollIntoView({ block: "nearest", behavior: "instant" });
    });
    return {
      open(frames, place) {
        row = frames;
        if (!dialog.open) dialog.showModal();
        steps.to(place);
        on.focus();
      },
    };
  }

  function open(row, place) {
    shown ||= view();
    shown.open(row, place);
  }

  function addButton(row, place) {
    const label = `Step through: ${place + 1} of ${row.length}`;
    const button = make("button", { type: "button", class: "copy frames-open", "aria-haspopup": "dialog" }, label);
    button.addEventListener("click", () => open(row, place));
    row[place].querySelector(".guide-head").append(button);
  }

  document.addEventListener("DOMContentLoaded", () => {
    const all = rows();
    for (const row of all) row.forEach((_, place) => addButton(row, place));
    // A link to a frame opens it; without this script it leads to the picture on the page.
    function follow() {
      const wanted = decodeURIComponent(location.hash.slice(1));
      for (const row of all) {
        const place = row.findIndex((figure) => name(figure) === wanted);
        if (place >= 0) open(row, place);
      }
    }
    follow();
    addEventListener("hashchange", follow);
  });
})();
