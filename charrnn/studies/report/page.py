"""The report page of a run: its losses, text, curves, studies of its weights, and config."""

from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from charrnn.draw.page import page
from charrnn.draw.parts import table_html
from charrnn.draw.table import Column, Table
from charrnn.studies.baselines.tables import baseline_table
from charrnn.studies.report.page_curves import course
from charrnn.studies.report.page_studies import gradients, symbols, units
from charrnn.terminal import one_line

if TYPE_CHECKING:
    from charrnn.studies.curves.study import Curves
    from charrnn.studies.report.study import Report, TextFacts

FREQUENT = 12
OUTCOMES = {"interrupted": "It was interrupted.", "diverged": "It diverged."}


def report_page(found: "Report") -> str:
    """The page as HTML."""
    sections = [
        (_quality, ""),
        (_text, ""),
        (course, "wide"),
        *((part, "") for part in (symbols, units, gradients, _run, _config)),
    ]
    body = "\n".join(
        [
            *_summary(found),
            '<div class="sections">',
            *(_section(kind, part(found)) for part, kind in sections),
            "</div>",
        ]
    )
    samples = [{"step": f"{one.step:,}", "text": one.text} for one in found.curves.samples]
    title = f"Report on {one_line(found.run.name)}"
    return page(
        title, body, data={"samples": samples}, scripts=("draw/text.js", "studies/report/report.js")
    )


def _section(kind: str, parts: Iterator[str]) -> str:
    inside = "\n".join(parts)
    return f'<section class="{kind}">\n{inside}\n</section>' if inside else ""


def _summary(found: "Report") -> Iterator[str]:
    told = found.curves
    steps = int(told.along.steps[-1]) if told.along.steps.size else 0
    seconds = 60 * float(np.nanmax(told.along.minutes, initial=0.0))
    time = f"{seconds / 60:,.1f} minutes" if seconds >= 60 else f"{seconds:.1f} seconds"
    trained_for = f"{steps:,} steps in {time}" if steps else "not a step yet"
    size = f", {told.parameters:,} parameters" if told.parameters else ""
    yield f"<p>{escape(found.network)}{size}. Trained for {trained_for}. {_ending(told)}</p>"
    for why in found.missing:
        yield f'<p class="soft">Left out: {escape(one_line(why))}</p>'


def _ending(told: "Curves") -> str:
    if told.ended is None:
        return "It has not stopped."
    return OUTCOMES.get(told.ended, f"It stopped at train.{escape(told.ended)}.")


def _quality(found: "Report") -> Iterator[str]:
    """Its losses, among those of the baselines on the same part."""
    told = found.curves
    reached = {"validation": told.best_val, "test": told.test}
    known = [
        f"{loss:.4f} nats/char on {part}" for part, loss in reached.items() if loss is not None
    ]
    if known:
        yield "<h2>How good it is</h2>"
        yield f"<p>Its best weights reach {' and '.join(known)}.</p>"
    if found.text is None or not found.baselines:
        return
    part = found.text.judged
    title = f"losses on the {part} part, beside simpler models"
    yield table_html(baseline_table(found.baselines, title, reached.get(part)))


def _text(found: "Report") -> Iterator[str]:
    """The files, parts and symbols of its text."""
    if found.text is None:
        return
    facts: TextFacts = found.text
    train, val, test = facts.parts
    yield "<h2>The text</h2>"
    yield (
        f"<p>{escape(one_line(', '.join(facts.files)))}: {facts.characters:,} characters,"
        f" {train:,} for training, {val:,} for validation, {test:,} for test;"
        f" {len(facts.symbols)} symbols.</p>"
    )
    columns = (Column("symbol"), Column("count", ",d"), Column("share", ".2%"))
    rows = [(name, n, n / facts.characters) for name, n in facts.symbols[:FREQUENT]]
    is_cut = len(facts.symbols) > FREQUENT
    yield table_html(Table(columns, rows, "most frequent symbols" if is_cut else "symbols"))


def _run(found: "Report") -> Iterator[str]:
    """Speed, software and machine."""
    speeds = found.curves.chars_per_second
    speeds = speeds[np.isfinite(speeds)]
    speed = f"{np.median(speeds):,.0f} characters/s" if speeds.size else ""
    facts: list[tuple[str, Any]] = [
        ("speed, median of steps", speed),
        ("processes", found.start.get("workers")),
        ("kernels", found.start.get("kernels")),
        ("charrnn", found.start.get("version")),
        ("on", found.start.get("environment")),
        ("resumed after", ", ".join(f"step {step:,}" for step in found.curves.resumes)),
    ]
    yield "<h2>Speed and environment</h2>"
    rows = [(name, str(value)) for name, value in facts if value]
    yield table_html(Table((Column("what"), Column("value")), rows, "from the record of the run"))


def _config(found: "Report") -> Iterator[str]:
    if found.config:
        yield "<h2>Its config</h2>"
        yield f'<pre class="scroll" tabindex="0">{escape(found.config)}</pre>'
