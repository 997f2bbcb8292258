// SPDX-License-Identifier: GPL-2.0-or-later
// Finds places, not pages: rules, sections, steps, words, error messages. What there is to
// find is guidePassages (passages.js): all of it is looked through, for each search.
"use strict";

(() => {
  const KINDS = {
    rule: "rule", section: "section", step: "step of an example",
    word: "glossary", message: "error message",
  };
  const LISTED = ["word", "message"];  // all of them on one page
  // What is shown first where the rest is equal.
  const FIRST = { rule: 1.4, word: 1.3, section: 1, message: 0.8, step: 0.6 };
  const MOST = 20;

  // Letter for letter, so that a place in the one is a place in the other.
  const plain = (text) =>
    text.toLowerCase().replace(/[\u2018\u2019]/g, "'").replace(/[\u201c\u201d]/g, '"')
      .replace(/[\u2013\u2014]/g, "-");
  const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

  // A name stays whole: DRAIN-3, block-commit, bdrv_drained_begin, block/io.c.
  function wordsOf(query) {
    const words = plain(query).split(/[\s"'`(){}[\]<>,;]+/)
      .map((word) => word.replace(/^[.:?!]+|[.:?!]+$/g, "")).filter(Boolean);
    return [...new Set(words)];
  }

  // "drains" finds "drained", "locking" finds "lock".
  function stem(word) {
    const short = /^[a-z]+$/.test(word) ? word.replace(/(?:ing|ed|es|s)$/, "") : word;
    return short.length >= 4 ? short : word;
  }

  function look(word) {
    const root = stem(word);
    return {
      word,
      root,
      whole: new RegExp(`(?<![\\p{L}\\p{N}_-])${escaped(word)}(?![\\p{L}\\p{N}_-])`, "u"),
      begins: new RegExp(`(?<![\\p{L}\\p{N}_])${escaped(root)}`, "u"),
    };
  }

  // How well a text has a word: as it was typed, at the start of another, or inside one.
  // What is in a word's middle counts for long words alone: "ram" is not in "parameter".
  function strength(text, { word, root, whole, begins }) {
    if (!text.includes(root)) return 0;
    if (text.includes(word) && whole.test(text)) return 1;
    if (begins.test(text)) return 0.6;
    return root.length >= 5 ? 0.25 : 0;
  }

  function prepared({ pages, passages }) {
    return passages.map(([page, anchor, kind, title, text]) => {
      const [address, pageTitle] = pages[page];
      const name = anchor || address.replace(/\.html$/, "").replace(/^examples\//, "");
      return {
        kind, title, text, pageTitle,
        address: anchor ? `${address}#${anchor}` : address,
        name: plain(name), inTitle: plain(`${title} ${name}`), inText: plain(text),
      };
    });
  }

  function search(all, query) {
    const looks = wordsOf(query).map(look);
    const phrase = plain(query).trim();
    const found = all.map((place) => ({
      place,
      has: looks.map((it) => {
        const title = strength(place.inTitle, it);
        const text = strength(place.inText, it);
        return { there: Math.max(title, text), score: 3 * title + text };
      }),
    }));
    // A word that few places have says more; one that none has says nothing.
    const rare = looks.map((_, index) => {
      const count = found.filter(({ has }) => has[index].there).length;
      return count ? Math.log(1 + all.length / count) : 0;
    });
    const sum = rare.reduce((total, it) => total + it, 0);
    for (const it of found) {
      it.share = it.has.reduce((total, { there }, index) => total + there * rare[index], 0) / sum;
      const score = it.has.reduce((total, has, index) => total + has.score * rare[index], 0);
      const { place } = it;
      it.score = it.share ** 2 * score * FIRST[place.kind] / (1 + place.text.length / 4000);
      if (looks.length > 1 && place.inTitle.includes(phrase)) it.score *= 4;
      else if (looks.length > 1 && place.inText.includes(phrase)) it.score *= 2;
      if (place.name === phrase) it.score *= 20;
    }
    const best = Math.max(...found.map((it) => it.share || 0));
    return {
      places: found.filter((it) => it.share && it.share >= 0.7 * best)
        .sort((a, b) => b.score - a.score).map((it) => it.place),
      looks: looks.filter((_, index) => rare[index])
        .sort((a, b) => rare[looks.indexOf(b)] - rare[looks.indexOf(a)]),
      missing: looks.filter((_, index) => !rare[index]).map((it) => it.word),
    };
  }

  function make(kind, name, ...content) {
    const made = document.createElement(kind);
    if (name) made.className = name;
    made.append(...content);
    return made;
  }

  // Some words around the rarest that is there, with all of them marked.
  function snippet(place, looks) {
    const first = looks.map(({ root }) => place.inText.indexOf(root)).find((at) => at >= 0) ?? 0;
    let start = Math.max(0, first - 70);
    if (start) start = place.text.indexOf(" ", start) + 1;
    const text = place.text.slice(start, start + 240);
    const shown = make("p", "search-text", start ? "… " : "");
    const roots = new RegExp(looks.map(({ root }) => escaped(root)).join("|") || "$^", "g");
    let end = 0;
    for (const match of plain(text).matchAll(roots)) {
      const stop = match.index + match[0].length;
      shown.append(text.slice(end, match.index), make("mark", "", text.slice(match.index, stop)));
      end = stop;
    }
    shown.append(text.slice(end), start + 240 < place.text.length ? " …" : "");
    return shown;
  }

  function item(place, looks) {
    const link = make("a", place.kind === "message" || place.kind === "step" ? "search-code" : "", place.title);
    link.href = place.address;
    const kind = place.title === place.pageTitle ? "page" : KINDS[place.kind];
    const where = LISTED.includes(place.kind) || kind === "page" ? kind : `${kind}, ${place.pageTitle}`;
    return make("li", "", link, " ", make("span", "search-where", where), snippet(place, looks));
  }

  function show({ places, looks, missing }, list, status) {
    const count = places.length === 1 ? "1 place" : `${places.length} places`;
    status.textContent = count + (missing.length ? `; nowhere: ${missing.join(", ")}` : "");
    const more = make("button", "copy", "");
    more.type = "button";
    const add = () => {
      const from = list.children.length;
      list.append(...places.slice(from, from + MOST).map((it) => item(it, looks)));
      const left = places.length - list.children.length;
      more.textContent = `${Math.min(left, MOST)} more`;
      more.hidden = left <= 0;
      if (from) list.children[from].querySelector("a").focus();
    };
    more.addEventListener("click", add);
    list.after(more);
    add();
  }

  const query = new URLSearchParams(location.search).get("q") || "";
  const input = document.getElementById("search-words");
  const status = document.getElementById("search-status");
  input.value = query;
  if (typeof guidePassages === "undefined") {
    status.textContent = "The index (passages.js) could not be loaded.";
  } else if (wordsOf(query).length) {
    document.title = `${query} - ${document.title}`;
    show(search(prepared(guidePassages), query), document.getElementById("search-results"), status);
  } else {
    input.focus();
  }
})();
