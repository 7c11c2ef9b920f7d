"""The novelty of samples: a table on stderr, or values for JSON."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from charrnn.draw.console import tell
from charrnn.draw.table import Column, Row, Table
from charrnn.draw.terminal import table_text
from charrnn.terminal import shortened

if TYPE_CHECKING:
    from charrnn.studies.novelty.study import Novelty, NoveltyReport, NoveltySummary
    from charrnn.studies.novelty.training_text import TrainingText

MOST_SHOWN = 50  # characters of a passage


def tell_if_changed(training: "TrainingText") -> None:
    """A line, before the samples, where the text is not the one that the model was trained on."""
    if training.changed:
        tell(
            f"note: {', '.join(map(str, training.corpus.source.paths))}: not the text that the"
            " model was trained on, by its SHA-256; samples are compared with its training part"
            " nevertheless"
        )


def tell_report(report: "NoveltyReport") -> None:
    """On stderr, so that stdout has the samples alone."""
    tell(
        f"\nCompared with the training part of {', '.join(map(str, report.paths))},"
        f" {report.characters:,} characters:"
    )
    tell(table_text(novelty_table(report)).rstrip("\n"))
    if not report.held_out:
        tell("There is no held-out text of this length to compare with.")


def novelty_table(report: "NoveltyReport") -> Table:
    """A row for each sample, for all of them, and for held-out text as a yardstick."""
    from charrnn.studies.novelty.study import summary_of

    sizes = list(report.samples[0].novel)
    columns = (
        *(Column(), Column("longest copy", "d")),
        *(Column(f"{'new ' * (k == 0)}{n}-grams", ".1%") for k, n in enumerate(sizes)),
        Column("copied from"),
    )
    several = len(report.paths) > 1
    rows = [_row(f"sample {k}", one, several) for k, one in enumerate(report.samples, start=1)]
    summaries = {"all samples": summary_of(report.samples) if len(rows) > 1 else None}
    summaries["held-out text"] = summary_of(report.held_out)
    rows += [_summary_row(name, one) for name, one in summaries.items() if one is not None]
    return Table(columns, rows)


def values_of_all(report: "NoveltyReport") -> dict[str, Any]:
    """The values of all samples together, for JSON."""
    from charrnn.studies.novelty.study import summary_of

    both = (summary_of(report.samples), summary_of(report.held_out))
    samples, held_out = (None if one is None else asdict(one) for one in both)
    return {
        "text": list(map(str, report.paths)),
        "characters": report.characters,
        "changed": report.changed,
        "samples": samples,
        "held_out": held_out,
    }


def values_of(one: "Novelty") -> dict[str, Any]:
    """The values of one sample, for JSON."""
    longest = (
        None if one.longest is None else {**asdict(one.longest), "path": str(one.longest.path)}
    )
    return {"longest": longest, "novel": dict(one.novel)}


def _row(name: str, one: "Novelty", several: bool) -> Row:
    longest = one.longest
    if longest is None:
        return (name, 0, *one.novel.values(), "")
    file = f"{longest.path}, " if several else ""
    text = repr(shortened(longest.text, MOST_SHOWN))
    return (name, one.length, *one.novel.values(), f"{file}line {longest.line:,}: {text}")


def _summary_row(name: str, summary: "NoveltySummary") -> Row:
    longest = f"{summary.median:g} (at most {summary.most})"
    return (name, longest, *summary.novel.values(), "")
