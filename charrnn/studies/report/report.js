"use strict";
// The sample that is chosen, and its mark on the curve of the loss.

const slider = document.getElementById("sample");
if (slider) {
  const marks = document.querySelectorAll(".mark");
  const choose = () => {
    const sample = PAGE_DATA.samples[slider.value];
    document.getElementById("step").textContent = sample.step;
    document.getElementById("sampled").textContent = sample.text;
    marks.forEach((mark, k) => mark.classList.toggle("chosen", k === Number(slider.value)));
    slider.setAttribute("aria-valuetext", `step ${sample.step}`);
  };
  slider.addEventListener("input", choose);
  choose();
}
