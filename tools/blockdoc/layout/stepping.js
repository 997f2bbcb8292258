// SPDX-License-Identifier: GPL-2.0-or-later
// Steps through a row of frames: two buttons, a slider, the arrow keys, Home and End.
// Whoever has the frames says how many there are, and shows one.
"use strict";

// show(place, asked) shows a frame and returns what it is called; asked: by the reader.
window.stepping = ({ back, on, line, keys, count, show }) => {
  let place = -1;

  function to(wanted, asked = false) {
    const last = count() - 1;
    if (last < 0) return;
    place = Math.max(0, Math.min(wanted, last));
    line.max = last;
    line.value = place;
    line.setAttribute("aria-valuetext", show(place, asked));
    // Not disabled: the focus would be lost where the row ends.
    back.setAttribute("aria-disabled", String(place === 0));
    on.setAttribute("aria-disabled", String(place === last));
  }

  function by(steps) {
    const wanted = place + steps;
    if (wanted >= 0 && wanted < count()) to(wanted, true);
  }

  // What scrolls sideways needs the arrow keys itself, and so does a slider.
  function needsArrows(element) {
    const scrolls = /auto|scroll/.test(getComputedStyle(element).overflowX);
    return element === line || (scrolls && element.scrollWidth > element.clientWidth);
  }

  back.addEventListener("click", () => by(-1));
  on.addEventListener("click", () => by(1));
  line.addEventListener("input", () => to(Number(line.value), true));
  keys.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const element = event.target instanceof Element ? event.target : document.body;
    if (needsArrows(element)) return;
    const wanted = {
      ArrowLeft: place - 1, ArrowRight: place + 1, Home: 0, End: count() - 1,
    }[event.key];
    if (wanted === undefined) return;
    event.preventDefault();
    if (wanted !== place && wanted >= 0 && wanted < count()) to(wanted, true);
  });

  return { to, get place() { return place; } };
};
