"use strict";
// A text coloured by its surprisal under one model, or under each of two.

const { before, views, left } = PAGE_DATA;
const text = numbersOf(PAGE_DATA.text);
const leftOut = new Set(left);
const models = PAGE_DATA.models.map((model) => ({
  name: model.name,
  names: model.names,
  bits: numbersOf(model.bits, PAGE_DATA.units.bits),
  entropy: numbersOf(model.entropy, PAGE_DATA.units.bits),
  chances: numbersOf(model.chances, PAGE_DATA.units.chances),
  ranks: numbersOf(model.ranks),
  guesses: numbersOf(model.guesses),
  most: model.most, // guesses of a character
}));

// The place of predicted character k on the ramp of a view, 0 to 1.
const measures = {
  bits: (k, view) => models[view.model].bits[k] / view.full,
  entropy: (k, view) => models[view.model].entropy[k] / view.full,
  rank: (k, view) => Math.log2(models[view.model].ranks[k]) / Math.log2(view.full),
  difference: (k, view) => (models[0].bits[k] - models[1].bits[k]) / (2 * view.full) + 0.5,
};

const chooser = document.getElementById("view");
const viewNow = () => views[chooser.selectedIndex];

function colourOf(i) {
  const k = i - before, view = viewNow();
  if (k < 0 || (leftOut.has(k) && view.measure === "difference")) return null;
  const share = Math.min(1, Math.max(0, measures[view.measure](k, view)));
  return view.ramp[Math.round(share * (view.ramp.length - 1))];
}

function describe(i) {
  const k = i - before, name = PAGE_DATA.names[text[i]];
  if (k < 0) return make("div", {}, make("strong", {}, name), " is given, not predicted");
  const word = leftOut.has(k) ? " is not known to both, and not counted" : "";
  const parts = models.map((model) => expected(model, k));
  return make("div", {}, make("strong", {}, name), word, make("div", { className: "side-by-side" }, ...parts));
}

// The surprisal of predicted character k under a model, and the first guesses.
function expected(model, k) {
  const rank = model.ranks[k], count = model.names.length;
  const line = `${model.name ? `${model.name}: ` : ""}${model.bits[k].toFixed(2)} bits, guess ${rank} of ${count}`;
  const hoped = `entropy of the prediction: ${model.entropy[k].toFixed(2)} bits`;
  const body = make("tbody");
  for (let j = 0; j < model.most; j++) {
    const at = k * model.most + j;
    body.append(guess(model.names[model.guesses[at]], model.chances[at], j + 1 === rank));
  }
  if (rank > model.most) body.append(guess(PAGE_DATA.names[text[k + before]], 2 ** -model.bits[k], true));
  return make("div", {}, line, make("br"), hoped, make("table", {}, body));
}

function guess(name, chance, came) {
  const bar = make("span", { className: "bar" });
  bar.style.width = `${(chance * 5).toFixed(2)}rem`;
  const digits = chance > 0.99 || chance < 0.0995 ? 1 : 0;
  const percent = chance < 0.0095 ? (100 * chance).toFixed(2) : (100 * chance).toFixed(digits);
  return make("tr", { className: came ? "came" : "" },
    make("td", {}, name),
    make("td", { className: "number" }, `${chance < 0.00005 ? "< 0.01" : percent} %`),
    make("td", { className: "bars" }, bar));
}

const root = document.getElementById("text");
const symbols = Array.from(text, (symbol) => PAGE_DATA.shown[symbol]);
const shownText = colouredText(root, symbols, colourOf, describe);

function showLegend() {
  const view = viewNow();
  document.getElementById("low").textContent = view.low;
  document.getElementById("high").textContent = view.high;
  document.getElementById("ramp").style.background = `linear-gradient(to right, ${view.ramp.join(", ")})`;
}

chooser.addEventListener("change", () => { shownText.recolour(); showLegend(); });
showLegend();

for (const row of document.querySelectorAll("tr[data-place]")) {
  const number = row.cells[0].textContent;
  const button = make("button", { type: "button" }, number);
  button.setAttribute("aria-label", `go to line ${number}`);
  row.cells[0].replaceChildren(button);
  button.addEventListener("click", () => {
    root.scrollIntoView({ block: "nearest" });
    root.focus();
    shownText.point(Number(row.dataset.place));
  });
}
