"use strict";
// Tables of class "sortable": a button in the head of every column sorts by it, and once more the other way.

for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = make("button", { type: "button" }, head.textContent);
    head.replaceChildren(button);
    button.addEventListener("click", () => sortBy(table, heads, column));
  });
}

function sortBy(table, heads, column) {
  const numbers = heads[column].classList.contains("number");
  const before = heads[column].getAttribute("aria-sort");
  const down = before ? before === "ascending" : numbers; // of numbers the greatest first
  const body = table.tBodies[0];
  const key = (row) => row.cells[column].dataset.value ?? row.cells[column].textContent;
  const compare = (a, b) => (numbers ? key(a) - key(b) : key(a).localeCompare(key(b)));
  body.append(...[...body.rows].sort((a, b) => (down ? compare(b, a) : compare(a, b))));
  heads.forEach((head) => head.removeAttribute("aria-sort"));
  heads[column].setAttribute("aria-sort", down ? "descending" : "ascending");
}
