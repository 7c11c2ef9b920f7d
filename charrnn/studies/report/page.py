"""The page of a run: what was trained, on what, how it went, and what came of it."""

from collections.abc import Iterator
from html import escape
from math import log
from typing import TYPE_CHECKING, Any

import numpy as np

from charrnn.draw.page import page
from charrnn.draw.parts import Column, Row, table
from charrnn.studies.report.page_curves import course
from charrnn.studies.report.page_studies import gradients, symbols, units
from charrnn.terminal import one_line

if TYPE_CHECKING:
    from charrnn.studies.curves.study import Curves
    from charrnn.studies.report.study import Report, TextFacts

FREQUENT = 12
OUTCOMES = {"interrupted": "It was interrupted.", "diverged": "It diverged."}


def report_page(found: "Report") -> str:
    """The whole page."""
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
    title = f"Report of {one_line(found.run.name)}"
    return page(
        title, body, data={"samples": samples}, scripts=("draw/text.js", "studies/report/report.js")
    )


def _section(kind: str, parts: Iterator[str]) -> str:
    inside = "\n".join(parts)
    return f'<section class="{kind}">\n{inside}\n</section>' if inside else ""


def _summary(found: "Report") -> Iterator[str]:
    told = found.curves
    steps = int(told.along.steps[-1]) if told.along.steps.size else 0
    minutes = float(np.nanmax(told.along.minutes, initial=0.0))
    trained_for = f"{steps:,} steps in {minutes:,.1f} minutes" if steps else "not a step yet"
    size = f", {told.parameters:,} parameters" if told.parameters else ""
    yield f"<p>{escape(found.network)}{size}. Trained for {trained_for}. {_ending(told)}</p>"
    for why in found.missing:
        yield f'<p class="soft">Left out: {escape(one_line(why))}</p>'


def _ending(told: "Curves") -> str:
    if told.ended is None:
        return "It has not ended."
    return OUTCOMES.get(told.ended, f"It ended by train.{escape(told.ended)}.")


def _quality(found: "Report") -> Iterator[str]:
    """Its losses; that of the part which simpler ways have been tried on, among theirs."""
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
    rows = [(one.name.replace("order ", "n-grams of order "), one.nats_per_char)
            for one in found.baselines]  # fmt: skip
    mine = reached.get(part)
    rows += [] if mine is None else [("this model", mine)]
    yield table(
        f"beside simpler ways of predicting the {part} part",
        [Column("predicted by", number=False), Column("nats/char"), Column("bits/char")],
        [
            Row((name, f"{loss:.4f}", f"{loss / log(2):.4f}"))
            for name, loss in sorted(rows, key=lambda row: row[1])
        ],
    )


def _text(found: "Report") -> Iterator[str]:
    """What it was trained on."""
    if found.text is None:
        return
    facts: TextFacts = found.text
    train, val, test = facts.parts
    yield "<h2>The text</h2>"
    yield (
        f"<p>{escape(one_line(', '.join(facts.files)))}: {facts.characters:,} characters,"
        f" {train:,} to train on, {val:,} to choose by, {test:,} to judge by at the end;"
        f" {len(facts.symbols)} symbols.</p>"
    )
    yield table(
        "the most frequent symbols" if len(facts.symbols) > FREQUENT else "its symbols",
        [Column("symbol", number=False), Column("count"), Column("share")],
        [
            Row((name, f"{count:,}", f"{count / facts.characters:.2%}"))
            for name, count in facts.symbols[:FREQUENT]
        ],
    )


def _run(found: "Report") -> Iterator[str]:
    """How fast, with what, on what."""
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
    yield table(
        "as the run told it",
        [Column("what", number=False), Column("value", number=False)],
        [Row((name, one_line(str(value)))) for name, value in facts if value],
    )


def _config(found: "Report") -> Iterator[str]:
    if found.config:
        yield "<h2>Its config</h2>"
        yield f'<pre class="scroll" tabindex="0">{escape(found.config)}</pre>'
