"use strict";
// The units of a network: a text coloured by one of them, where it is extreme, and how its
// values and those of all others are distributed.

const { ramp, ranges, meanings, layers, found } = PAGE_DATA;
const by = (id) => document.getElementById(id);
const choosers = { layer: by("layer"), unit: by("unit"), what: by("what") };
const kept = new Map(PAGE_DATA.kept.map((one) => [`${one.layer}:${one.unit}`, one]));
const now = { layer: 0, unit: 0, what: "h" };
const symbols = PAGE_DATA.text.map((id) => PAGE_DATA.shown[id]);
let values, colours; // of the chosen unit: a byte a character, and what each byte is worth

// The value of a byte.
const worth = (code) => values.low + (code * (values.high - values.low)) / 255;
const fixed = (value) => value.toFixed(3).replace("-", "\u2212");

function decode() {
  values = kept.get(`${now.layer}:${now.unit}`).values[now.what];
  values.codes ??= bytesOf(values.base64);
  const [first, last] = values.ends;
  colours = Array.from({ length: 256 }, (_, code) => {
    const share = (worth(code) - first) / (last - first);
    return ramp[Math.round(Math.min(1, Math.max(0, share)) * (ramp.length - 1))];
  });
}

function describe(i) {
  const value = make("strong", {}, `${now.what} = ${fixed(worth(values.codes[i]))}`);
  return make("div", {}, `character ${(i + 1).toLocaleString("en")}: `, value);
}

function choose(layer, unit, what) {
  Object.assign(now, { layer, unit, what });
  if (!layers[layer].includes(what)) now.what = "h";
  if (!kept.has(`${layer}:${now.unit}`)) now.unit = unitsOf(layer)[0];
  decode();
  options(choosers.layer, layersShown.map((k) => [k, `${k}`]), layer);
  options(choosers.unit, unitsOf(layer).map((k) => [k, `${k}`]), now.unit);
  options(choosers.what, layers[layer].map((name) => [name, `${name}, ${meanings[name]}`]), now.what);
  shownText.recolour();
  legend();
  say();
  contexts(by("highest"), 0);
  contexts(by("lowest"), 1);
  histogram();
  plots();
  if (by("all").open) list();
}

const layersShown = [...new Set(PAGE_DATA.kept.map((one) => one.layer))];
const unitsOf = (layer) => PAGE_DATA.kept.filter((one) => one.layer === layer).map((one) => one.unit);

function options(select, pairs, chosen) {
  select.replaceChildren(...pairs.map(([value, name]) => make("option", { value }, name)));
  select.value = chosen;
}

function legend() {
  const [first, last] = values.ends;
  by("low").textContent = fixed(first);
  by("high").textContent = fixed(last);
  by("middle").textContent = fixed((first + last) / 2);
}

// A sentence on the signals that the unit fits, and the rows of the table with them.
function say() {
  const mine = (one) => one.layer === now.layer && one.unit === now.unit && one.what === now.what;
  const words = found.filter(mine).map((one) => `${one.meaning} (held-out correlation ${fixed(one.held_out)})`);
  by("said").replaceChildren(
    make("strong", {}, `Layer ${now.layer}, unit ${now.unit}, ${now.what}`),
    words.length ? ` fits: ${words.join("; ")}.` : `, ${meanings[now.what]}.`,
  );
  document.querySelectorAll(".found tbody tr").forEach((row, k) => {
    row.classList.toggle("chosen", mine(found[k]));
    row.querySelector("button").setAttribute("aria-pressed", String(mine(found[k])));
  });
}

const BEFORE = 36, AFTER = 26; // characters around a peak

function contexts(root, which) {
  const places = kept.get(`${now.layer}:${now.unit}`).peaks[now.what][which];
  root.replaceChildren(...places.map((place) => {
    const from = Math.max(0, place - BEFORE), to = Math.min(symbols.length, place + AFTER + 1);
    const button = make("button", { type: "button", className: "context" });
    const value = fixed(worth(values.codes[place]));
    button.setAttribute("aria-label", `go to character ${place + 1}, where it is ${value}`);
    button.append(make("span", { className: "number" }, `${value.padStart(7)}  `), " ".repeat(from - place + BEFORE));
    for (let i = from; i < to; i++) {
      const part = make("span", {}, symbols[i].replace(/[\n\t]/, ""));
      part.style.backgroundColor = colours[values.codes[i]];
      if (i === place) part.className = "peak";
      button.append(part);
    }
    button.addEventListener("click", () => { by("text").focus(); shownText.point(place); });
    return button;
  }));
}

// An element of a picture.
function draw(name, attributes, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

const BINS = 32;

function histogram() {
  const counts = new Array(BINS).fill(0);
  for (const code of values.codes) counts[code >> 3]++;
  const most = Math.max(...counts), svg = by("histogram"), width = 420 / BINS;
  const top = 10, floor = 150;
  svg.replaceChildren(draw("line", { x1: 0, x2: 420, y1: floor, y2: floor, class: "axis" }));
  counts.forEach((count, k) => {
    const tall = ((floor - top) * count) / most;
    svg.append(draw("rect", {
      x: k * width + 0.5, y: floor - tall, width: width - 1, height: tall,
      fill: colours[8 * k + 4], stroke: "#767676", "stroke-width": 0.5,
    }));
  });
  const [low, high] = [values.low, values.high];
  svg.append(
    draw("text", { x: 0, y: floor + 17 }, fixed(low)),
    draw("text", { x: 420, y: floor + 17, "text-anchor": "end" }, fixed(high)),
    draw("text", { x: 210, y: floor + 17, "text-anchor": "middle" }, `value of ${now.what}`),
  );
  const share = ((100 * most) / values.codes.length).toFixed(0);
  by("tallest").textContent = `The tallest bar is ${share} % of the characters.`;
}

const SIDE = 150, LEFT = 48, TOP = 8;

// One plot per bounded value of the layer: one dot per unit, by how often it is at either end.
function plots() {
  const bounded = layers[now.layer].filter((name) => ranges[name]);
  by("plots").replaceChildren(...bounded.map((name) => make("figure", {},
    make("figcaption", {}, `${name}, ${meanings[name]}`), plot(name))));
}

function plot(name) {
  const { left, right } = PAGE_DATA.saturation[now.layer][name];
  const [low, high] = ranges[name][0] === 0 ? ["0.1", "0.9"] : ["\u22120.9", "0.9"];
  const svg = draw("svg", {
    viewBox: `0 0 ${LEFT + SIDE + 8} ${TOP + SIDE + 36}`, width: LEFT + SIDE + 8, role: "img",
    "aria-label": `saturation of ${name} in layer ${now.layer}, a dot a unit; the table below has the same`,
  });
  for (const share of [0, 0.5, 1]) {
    const x = LEFT + SIDE * share, y = TOP + SIDE * (1 - share);
    svg.append(
      draw("line", { x1: LEFT, x2: LEFT + SIDE, y1: y, y2: y, class: "grid" }),
      draw("line", { x1: x, x2: x, y1: TOP, y2: TOP + SIDE, class: "grid" }),
      draw("text", { x, y: TOP + SIDE + 14, "text-anchor": "middle" }, `${share}`),
      draw("text", { x: LEFT - 5, y: y + 4, "text-anchor": "end" }, `${share}`),
    );
  }
  svg.append(
    draw("line", { x1: LEFT, y1: TOP, x2: LEFT + SIDE, y2: TOP + SIDE, class: "grid" }),
    draw("text", { x: LEFT + SIDE / 2, y: TOP + SIDE + 30, "text-anchor": "middle" }, `share below ${low}`),
    draw("text", {
      transform: `translate(12 ${TOP + SIDE / 2}) rotate(-90)`, "text-anchor": "middle",
    }, `share above ${high}`),
  );
  let chosen = null;
  left.forEach((share, unit) => {
    const known = kept.has(`${now.layer}:${unit}`), mine = unit === now.unit && name === now.what;
    const dot = draw("circle", {
      cx: LEFT + SIDE * share, cy: TOP + SIDE * (1 - right[unit]), r: mine ? 5 : 3,
      class: mine ? "chosen" : known ? "kept" : "absent",
    }, draw("title", {}, `unit ${unit}: ${fixed(share)} below ${low}, ${fixed(right[unit])} above ${high}`));
    if (known) dot.addEventListener("click", () => choose(now.layer, unit, name));
    if (mine) chosen = dot;
    svg.append(dot);
  });
  if (chosen) svg.append(chosen); // above the others
  return svg;
}

// All units of the layer as a table, made when it is asked for.
function list() {
  const { deviation, left, right } = PAGE_DATA.saturation[now.layer][now.what];
  const percent = (share) => `${(100 * share).toFixed(1)} %`;
  by("rows").replaceChildren(...deviation.map((spread, unit) => {
    const known = kept.has(`${now.layer}:${unit}`);
    const name = known ? make("button", { type: "button" }, `${unit}`) : `${unit}`;
    if (known) {
      name.setAttribute("aria-label", `choose unit ${unit}`);
      name.addEventListener("click", () => { choose(now.layer, unit, now.what); by("text").focus(); });
    }
    const numbers = [left ? percent(left[unit]) : "\u2013", right ? percent(right[unit]) : "\u2013", fixed(spread)];
    return make("tr", {}, make("td", {}, name), ...numbers.map((n) => make("td", { className: "number" }, n)));
  }));
  by("listed").textContent = `${now.what} of layer ${now.layer}`;
}

const shownText = colouredText(by("text"), symbols, (i) => colours[values.codes[i]], describe);
by("ramp").style.background = `linear-gradient(to right, ${ramp.join(", ")})`;
choosers.layer.addEventListener("change", () => choose(+choosers.layer.value, now.unit, now.what));
choosers.unit.addEventListener("change", () => choose(now.layer, +choosers.unit.value, now.what));
choosers.what.addEventListener("change", () => choose(now.layer, now.unit, choosers.what.value));
by("all").addEventListener("toggle", () => { if (by("all").open) list(); });
document.querySelectorAll(".found tbody tr").forEach((row, k) => {
  row.addEventListener("click", () => choose(found[k].layer, found[k].unit, found[k].what));
});
choose(...PAGE_DATA.first);
