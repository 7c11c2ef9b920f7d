"""The curves of a run and its samples, for its page."""

from collections.abc import Iterator
from html import escape
from math import inf
from typing import TYPE_CHECKING

import numpy as np

from charrnn.draw.chart import Axis, Curve, line_chart
from charrnn.studies.curves.panels import Panel, Shown, make_sheet, told_kinds

if TYPE_CHECKING:
    from charrnn.studies.report.study import Report

NAMES = {"loss": "Loss", "rate": "Learning rate", "gradient": "Gradient", "clipped": "Clipping"}
PARTS = {"raw": "each chunk", "train": "training, smoothed", "validation": "validation",
         "test": "test", "limit": "clipped above", "mark": "mark"}  # fmt: skip

SAMPLES = """\
<div class="controls"><label for="sample"><span>What it wrote after step <output id="step">
</output></span><input type="range" id="sample" class="long" min="0" max="{last}" value="{last}"
 step="1"></label></div>
<pre class="text scroll" id="sampled" tabindex="0" aria-label="a sample"></pre>
"""
NO_SAMPLES = """\
<p class="soft">It wrote no samples on the way; output.sample_every turns them on.</p>
"""


def course(report: "Report") -> Iterator[str]:
    """The curves, the samples and the notes of a run."""
    shown = Shown(report.run.name, 0, report.curves)
    yield "<h2>How it went</h2>"
    if not np.isfinite(report.curves.train).any():
        yield '<p class="soft">There is no step yet.</p>'
        return
    sheet = make_sheet([shown], told_kinds([shown]))
    steps = [float(one.step) for one in report.curves.samples]
    across = Axis(sheet.unit, whole=sheet.whole)
    yield '<div class="sections">'
    for panel in sheet.panels:
        marks = steps if panel.kind == "loss" else []
        top = inf if panel.top is None else panel.top
        up = Axis(panel.unit, log=panel.kind == "gradient", top=top)
        yield f"<figure>{line_chart(_lines(panel), across, up, NAMES[panel.kind], marks)}"
        yield "</figure>"
    yield "</div>"
    yield SAMPLES.format(last=len(steps) - 1) if steps else NO_SAMPLES
    for note in report.curves.notes:
        yield f'<p class="soft">Step {note.step:,}: {escape(note.text)}</p>'
    for one in report.curves.not_finite:
        yield (
            f'<p class="soft">Step {one.step:,}: {escape(one.what)} was not finite; {one.then}.</p>'
        )


def _lines(panel: Panel) -> list[Curve]:
    return [
        Curve(PARTS[line.part], np.asarray(line.x), np.asarray(line.y), faint=line.part == "raw")
        for line in panel.lines
        if line.part != "mark"
    ]
