"""The report page of a run: its losses, text, curves, studies of its weights, and config."""

from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from charrnn.draw.page import page
from charrnn.draw.parts import table_html
from charrnn.draw.table import Column, Table
from charrnn.studies.report.page_curves import course
from charrnn.studies.report.reported import QUALITY, Judged
from charrnn.studies.report.studies import STUDIES
from charrnn.terminal import count_of, one_line

if TYPE_CHECKING:
    from charrnn.studies.curves.study import Curves
    from charrnn.studies.report.study import Report, TextFacts

FREQUENT = 12  # symbols in a table
SCRIPTS = ("draw/text.js", "draw/sortable.js", "studies/report/report.js")
OUTCOMES = {"interrupted": "It was interrupted.", "diverged": "It diverged."}


def report_page(report: "Report") -> str:
    """The page as HTML."""
    sections = [
        ("", _quality(report)),
        ("", _text(report)),
        ("wide", course(report)),
        *(("", parts) for parts in _studies(report)),
        ("", _run(report)),
        ("", _config(report)),
    ]
    body = "\n".join(
        [
            *_summary(report),
            '<div class="sections">',
            *(_section(kind, parts) for kind, parts in sections),
            "</div>",
        ]
    )
    samples = [{"step": f"{one.step:,}", "text": one.text} for one in report.curves.samples]
    title = f"Report on {one_line(report.run.name)}"
    return page(title, body, data={"samples": samples}, scripts=SCRIPTS)


def _section(kind: str, parts: Iterator[str]) -> str:
    inside = "\n".join(parts)
    return f'<section class="{kind}">\n{inside}\n</section>' if inside else ""


def _summary(report: "Report") -> Iterator[str]:
    curves = report.curves
    steps = int(curves.along.steps[-1]) if curves.along.steps.size else 0
    seconds = 60 * float(np.nanmax(curves.along.minutes, initial=0.0))
    time = f"{seconds / 60:,.1f} minutes" if seconds >= 60 else f"{seconds:.1f} seconds"
    trained_for = f"{count_of(steps, 'step')} in {time}" if steps else "not a step yet"
    size = f", {curves.parameters:,} parameters" if curves.parameters else ""
    yield f"<p>{escape(report.network)}{size}. Trained for {trained_for}. {_ending(curves)}</p>"
    for why in report.missing:
        yield f'<p class="soft">Left out: {escape(one_line(why))}</p>'


def _ending(curves: "Curves") -> str:
    if curves.ended is None:
        return "It has not stopped."
    return OUTCOMES.get(curves.ended, f"It stopped at train.{escape(curves.ended)}.")


def _quality(report: "Report") -> Iterator[str]:
    """The losses of the run, and the studies that compare them."""
    reached = _losses(report.curves)
    known = [
        f"{loss:.4f} nats/char on {part}" for part, loss in reached.items() if loss is not None
    ]
    if known:
        yield f"<h2>{QUALITY}</h2>"
        yield f"<p>Its best weights reach {' and '.join(known)}.</p>"
    for heading, parts in _sections(report):
        if heading == QUALITY:
            yield from parts


def _studies(report: "Report") -> Iterator[Iterator[str]]:
    """A section for each other study."""
    for heading, parts in _sections(report):
        if heading != QUALITY:
            yield _headed(heading, parts)


def _headed(heading: str, parts: Iterator[str]) -> Iterator[str]:
    yield f"<h2>{heading}</h2>"
    yield from parts


def _sections(report: "Report") -> Iterator[tuple[str, Iterator[str]]]:
    """The heading and the HTML of every study that has a result."""
    if report.text is None:
        return
    part = report.text.judged
    judged = Judged(part, report.text.judged_chars, _losses(report.curves).get(part))
    for name, study in STUDIES.items():
        if name in report.results:
            yield study.heading, study.section(report.results[name], judged)


def _losses(curves: "Curves") -> dict[str, float | None]:
    """The losses that the best weights reach, by the name of the part."""
    return {"validation": curves.best_val, "test": curves.test}


def _text(report: "Report") -> Iterator[str]:
    """The files, parts and symbols of its text."""
    if report.text is None:
        return
    facts: TextFacts = report.text
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


def _run(report: "Report") -> Iterator[str]:
    """Speed, software and machine."""
    speeds = report.curves.chars_per_second
    speeds = speeds[np.isfinite(speeds)]
    speed = f"{np.median(speeds):,.0f} characters/s" if speeds.size else ""
    facts: list[tuple[str, Any]] = [
        ("speed, median of steps", speed),
        ("processes", report.start.get("workers")),
        ("kernels", report.start.get("kernels")),
        ("charrnn", report.start.get("version")),
        ("on", report.start.get("environment")),
        ("resumed after", ", ".join(f"step {step:,}" for step in report.curves.resumes)),
    ]
    yield "<h2>Speed and environment</h2>"
    rows = [(name, str(value)) for name, value in facts if value]
    yield table_html(Table((Column("what"), Column("value")), rows, "from the record of the run"))


def _config(report: "Report") -> Iterator[str]:
    if report.config:
        yield "<h2>Its config</h2>"
        yield f'<pre class="scroll" tabindex="0">{escape(report.config)}</pre>'
