"""The page of a run: what was trained, on what, how it went, and what came of it."""

from collections.abc import Iterator
from html import escape
from math import inf, log
from typing import TYPE_CHECKING, Any

import numpy as np

from charrnn.pages.chart import Axis, Line, line_chart
from charrnn.pages.page import page
from charrnn.pages.parts import Column, Row, table
from charrnn.pictures.panels import Panel, Shown, make_sheet, told_kinds
from charrnn.terminal import one_line

if TYPE_CHECKING:
    from charrnn.api.curves import Curves
    from charrnn.api.report import Report, TextFacts

LISTED = 20  # symbols in a table
FREQUENT = 12
ENDINGS = {"interrupted": "It was interrupted.", "diverged": "It diverged."}
SHARES = (0.5, 0.1, 0.01)
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
<p class="soft">It wrote no samples on the way: output.sample_every asks for them.</p>
"""


def report_page(found: "Report") -> str:
    """The whole page."""
    sections = [
        (_quality, ""),
        (_text, ""),
        (_course, "wide"),
        *((part, "") for part in (_judgement, _insides, _gradients, _run, _config)),
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
    return page(title, body, data={"samples": samples}, scripts=("text.js", "report.js"))


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


def _quality(found: "Report") -> Iterator[str]:
    """Its losses, among those of simpler ways."""
    told = found.curves
    rows = [
        (name, loss)
        for name, loss in (
            ("this model, validation", told.best_val),
            ("this model, test", told.test),
        )
        if loss is not None
    ]
    rows += [
        (one.name.replace("order ", "n-grams of order "), one.nats_per_char)
        for one in found.baselines
    ]
    rows.sort(key=lambda row: row[1])
    if rows:
        yield "<h2>How good it is</h2>"
        yield table(
            "loss of this model, and of simpler ways of predicting the held-out part",
            [Column("predicted by", number=False), Column("nats/char"), Column("bits/char")],
            [Row((name, f"{loss:.4f}", f"{loss / log(2):.4f}")) for name, loss in rows],
        )


def _ending(told: "Curves") -> str:
    if told.ended is None:
        return "It has not ended."
    return ENDINGS.get(told.ended, f"It ended by train.{escape(told.ended)}.")


def _course(found: "Report") -> Iterator[str]:
    """Curves, and what the model wrote on the way."""
    shown = Shown(found.run.name, 0, found.curves)
    yield "<h2>How it went</h2>"
    if not np.isfinite(found.curves.train).any():
        yield '<p class="soft">There is no step yet.</p>'
        return
    sheet = make_sheet([shown], told_kinds([shown]))
    steps = [float(one.step) for one in found.curves.samples]
    yield '<div class="sections">'
    for panel in sheet.panels:
        marks = steps if panel.kind == "loss" else []
        top = inf if panel.top is None else panel.top
        up = Axis(panel.unit, log=panel.kind == "gradient", top=top)
        yield f"<figure>{line_chart(_lines(panel), Axis(sheet.unit), up, NAMES[panel.kind], marks)}"
        yield "</figure>"
    yield "</div>"
    yield SAMPLES.format(last=len(steps) - 1) if steps else NO_SAMPLES
    for note in found.curves.notes:
        yield f'<p class="soft">Step {note.step:,}: {escape(note.text)}</p>'
    for one in found.curves.not_finite:
        yield (
            f'<p class="soft">Step {one.step:,}: {escape(one.what)} was not finite; {one.then}.</p>'
        )


def _lines(panel: Panel) -> list[Line]:
    return [
        Line(PARTS[line.part], np.asarray(line.x), np.asarray(line.y), faint=line.part == "raw")
        for line in panel.lines
        if line.part != "mark"
    ]


def _judgement(found: "Report") -> Iterator[str]:
    """Which symbols cost how much."""
    if found.surprisal is None or found.text is None:
        return
    yield "<h2>What it finds hard</h2>"
    symbols = found.surprisal.symbols()[:LISTED]
    yield table(
        f"loss by symbol, over {found.text.judged_chars:,} characters of the"
        f" {found.text.judged} part",
        [Column("symbol", number=False), Column("count"), Column("bits"), Column("share of loss")],
        [Row((s.name, f"{s.count:,}", f"{s.bits:.2f}", f"{s.share:.1%}")) for s in symbols],
    )


def _insides(found: "Report") -> Iterator[str]:
    """The units that go with something."""
    if found.units is None:
        return
    yield "<h2>What its units know</h2>"
    if not found.units.found:
        yield '<p class="soft">The text has none of the signals that are looked for.</p>'
        return
    yield table(
        "the unit that goes best with each signal: its correlation in the half of the text where"
        " it was chosen, and in the other half; p counts the choice among all units",
        [Column("signal", number=False), Column("unit", number=False), Column("correlation"),
         Column("held out"), Column("p")],
        [
            Row((one.signal, str(one.unit), f"{one.correlation:+.2f}", f"{one.held_out:+.2f}",
                 f"{one.p:.3f}"))
            for one in sorted(found.units.found, key=lambda one: -abs(one.held_out))
        ],
    )  # fmt: skip


def _gradients(found: "Report") -> Iterator[str]:
    """How far errors travel."""
    if found.flow is None:
        return
    lags = np.arange(1, found.flow.lags + 1, dtype=np.float64)
    lines = [
        Line(f"layer {one.layer}, {one.state}", lags, one.median / (one.median[0] or 1.0))
        for one in found.flow.signals
    ]
    yield "<h2>How far its gradients travel</h2>"
    yield line_chart(
        lines,
        Axis("lag T - t, steps"),
        Axis("median |dL_T/dh_t|, lag 1 = 1", log=True),
        "Gradient norm by lag",
    )
    yield table(
        "the lag at which so much of it is left",
        [Column("state", number=False), *(Column(f"{share:g}") for share in SHARES)],
        [
            Row((f"layer {one.layer}, {one.state}", *(_lag(one.reach(s)) for s in SHARES)))
            for one in found.flow.signals
        ],
    )


def _lag(lag: int | None) -> str:
    return "beyond" if lag is None else str(lag)


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
