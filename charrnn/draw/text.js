"use strict";
// A text whose characters have colours, and a character that is pointed at, by mouse or by keys.
// Only the blocks that can be seen carry colours, so a long text opens at once.

const PAGE_DATA = JSON.parse(document.getElementById("data").textContent);
const BLOCK = 1000; // characters

// root: an empty <div class="text scroll" aria-label="...">. symbols: what is shown of each character, a string each
// (a "\n" at its end ends a line). colourOf(i): CSS, or null for none. describe(i): what a tip next to the
// character says, a node. Returns {recolour(), point(i)}.
function colouredText(root, symbols, colourOf, describe) {
  const blocks = [];
  const tip = make("div", { className: "tip", role: "status", hidden: true });
  let here = 0;
  root.tabIndex = 0;
  root.setAttribute("role", "textbox");
  root.setAttribute("aria-readonly", "true");
  root.setAttribute("aria-multiline", "true");
  document.body.append(tip);
  for (let start = 0; start < symbols.length; start += BLOCK) {
    const element = document.createElement("span");
    const block = { element, start, stop: Math.min(start + BLOCK, symbols.length), seen: false };
    element.textContent = symbols.slice(block.start, block.stop).join("");
    element.block = block;
    blocks.push(block);
    root.append(element);
  }

  function paint(block) {
    const parts = document.createDocumentFragment();
    for (let i = block.start; i < block.stop; i++) {
      const part = document.createElement("span");
      part.textContent = symbols[i];
      part.index = i;
      const colour = colourOf(i);
      if (colour) part.style.backgroundColor = colour;
      parts.append(part);
    }
    block.element.replaceChildren(parts);
    block.painted = true;
    if (block.start <= here && here < block.stop) mark(here);
  }

  function spanOf(i) {
    const block = blocks[Math.floor(i / BLOCK)];
    if (!block.painted) paint(block);
    return block.element.children[i - block.start];
  }

  function mark(i) {
    const old = root.querySelector(".here");
    if (old) old.classList.remove("here");
    here = i;
    spanOf(i).classList.add("here");
  }

  function point(i, scroll = true) {
    if (i < 0 || i >= symbols.length) return;
    mark(i);
    const span = spanOf(i);
    if (scroll) span.scrollIntoView({ block: "nearest" });
    tip.replaceChildren(describe(i));
    tip.hidden = false;
    const place = span.getBoundingClientRect();
    const room = window.innerHeight - place.bottom;
    const top = room > tip.offsetHeight + 8 ? place.bottom + 6 : place.top - tip.offsetHeight - 6;
    tip.style.top = `${Math.max(4, top)}px`;
    tip.style.left = `${Math.max(4, Math.min(place.left, window.innerWidth - tip.offsetWidth - 4))}px`;
  }

  const hide = () => { tip.hidden = true; };

  const watcher = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      const block = entry.target.block;
      block.seen = entry.isIntersecting;
      if (block.seen && !block.painted) paint(block);
    }
  }, { root, rootMargin: "400px" });
  blocks.forEach((block) => watcher.observe(block.element));

  let mouse = ""; // where it is: a text that scrolls away below it is not pointed at
  root.addEventListener("mouseover", (event) => {
    const place = `${event.screenX} ${event.screenY}`;
    if (event.target.index !== undefined && place !== mouse) point(event.target.index, false);
    mouse = place;
  });
  root.addEventListener("click", (event) => {
    if (event.target.index !== undefined) point(event.target.index, false);
  });
  root.addEventListener("mouseleave", hide);
  root.addEventListener("blur", hide);
  root.addEventListener("scroll", () => { if (!root.matches(":focus")) hide(); });
  root.addEventListener("keydown", (event) => {
    if (event.key === "Escape") hide();
    const steps = { ArrowRight: 1, ArrowLeft: -1, PageDown: 500, PageUp: -500 };
    let target = null;
    if (event.key in steps) target = here + steps[event.key];
    else if (event.key === "Home") target = 0;
    else if (event.key === "End") target = symbols.length - 1;
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") target = lineBelowOrAbove(event.key);
    if (target === null) return;
    event.preventDefault();
    point(Math.max(0, Math.min(symbols.length - 1, target)));
  });

  // The character in the same place of the line below or above.
  function lineBelowOrAbove(key) {
    const begins = (i) => { while (i > 0 && !symbols[i - 1].endsWith("\n")) i--; return i; };
    const ends = (i) => { while (i < symbols.length - 1 && !symbols[i].endsWith("\n")) i++; return i; };
    const start = begins(here);
    if (key === "ArrowDown") {
      const next = ends(here) + 1;
      return Math.min(next + here - start, ends(Math.min(next, symbols.length - 1)));
    }
    const last = start - 1;
    return Math.min(begins(Math.max(last, 0)) + here - start, Math.max(last, 0));
  }

  return {
    point,
    recolour() {
      for (const block of blocks) block.painted = false;
      for (const block of blocks) if (block.seen) paint(block);
    },
  };
}

// Bytes that came as base64: small whole numbers, one a byte.
function bytesOf(base64) {
  const characters = atob(base64);
  const bytes = new Uint8Array(characters.length);
  for (let i = 0; i < characters.length; i++) bytes[i] = characters.charCodeAt(i);
  return bytes;
}

// Whole numbers that came as {type, base64}, little-endian as machines are: each times `unit`.
function numbersOf(packed, unit = 1) {
  const kinds = { uint8: Uint8Array, uint16: Uint16Array, uint32: Uint32Array };
  const numbers = new kinds[packed.type](bytesOf(packed.base64).buffer);
  return unit === 1 ? numbers : Float32Array.from(numbers, (number) => number * unit);
}

// A short way to make an element: make("td", {className: "number"}, "1.5").
function make(name, properties = {}, ...children) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
}
