// SPDX-License-Identifier: GPL-2.0-or-later
// The timeline of a recorded block graph. Everything shown is set as text, or is SVG that
// was parsed as XML; nothing that a virtual machine says is ever taken for markup.
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const at = (id) => document.getElementById(id);
  const frames = [];
  const events = [];

  const seconds = (value) => `${value.toFixed(2)} s`;

  function element(kind, text) {
    const made = document.createElement(kind);
    made.textContent = text;
    return made;
  }

  function picture(frame) {
    const parsed = new DOMParser().parseFromString(frame.svg, "image/svg+xml");
    return document.importNode(parsed.documentElement, true);
  }

  function show(place, asked) {
    if (asked) at("live").checked = false;
    const frame = frames[place];
    at("where").textContent =
      `Frame ${place + 1} of ${frames.length}: from ${seconds(frame.at)} to ${seconds(frame.until)}`;
    at("picture").replaceChildren(picture(frame));
    at("text").textContent = frame.text;
    at("changes").replaceChildren(...frame.changes.map((it) => element("li", it)));
    const end = place + 1 < frames.length ? frames[place + 1].at : Infinity;
    for (const item of at("events").children) {
      const when = Number(item.dataset.at);
      item.classList.toggle("now", when >= frame.at && when < end);
    }
    history.replaceState(null, "", `#frame-${frame.number + 1}`);
    return `frame ${place + 1}, ${seconds(frame.at)}`;
  }

  const steps = window.stepping({
    back: at("back"), on: at("on"), line: at("line"), keys: document, count: () => frames.length, show,
  });

  function frameAt(time) {
    let found = 0;
    frames.forEach((frame, place) => { if (frame.at <= time) found = place; });
    return found;
  }

  function add(more) {
    for (const frame of more.frames) {
      const known = frames.findIndex((it) => it.number === frame.number);
      if (known < 0) frames.push(frame); else frames[known] = frame;
    }
    for (const event of more.events) {
      events.push(event);
      const machine = event.machine ? `${event.machine}: ` : "";
      const item = document.createElement("li");
      const button = element("button", `${seconds(event.at)} ${machine}${event.name} ${event.about}`);
      button.type = "button";
      button.addEventListener("click", () => steps.to(frameAt(event.at), true));
      item.dataset.at = event.at;
      item.append(button);
      at("events").append(item);
    }
    at("state").textContent = more.ended ? `Ended: ${more.ended}` : data.live ? "Live" : "A recording";
  }

  async function more() {
    const last = frames.length ? frames[frames.length - 1].number : 0;
    let ended = false;
    try {
      const answer = await fetch(`more?frame=${last}&event=${events.length}`);
      const news = await answer.json();
      const grew = news.frames.some((it) => !frames.find((old) => old.number === it.number));
      const current = frames[steps.place];
      add(news);
      if (at("live").checked && (grew || steps.place === frames.length - 1)) steps.to(frames.length - 1);
      else if (grew && current) steps.to(frames.findIndex((it) => it.number === current.number));
      ended = Boolean(news.ended);
    } catch {
      at("state").textContent = "The server has ended; what was seen stays here";
      ended = true;
    }
    if (!ended) setTimeout(more, 400);
  }

  add(data);
  at("follow").hidden = !data.live;
  const asked = /^#frame-(\d+)$/.exec(location.hash);
  const place = asked ? frames.findIndex((it) => it.number + 1 === Number(asked[1])) : -1;
  if (place >= 0) at("live").checked = false;
  steps.to(place >= 0 ? place : data.live ? frames.length - 1 : 0);
  if (data.live) more();
})();
