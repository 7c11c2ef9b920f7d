"""What of some samples is new, for the commands that tell it: a table, or plain values."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from charrnn.draw.console import table, tell
from charrnn.terminal import shortened

if TYPE_CHECKING:
    from charrnn.studies.novelty.study import Novelty, NoveltyReport, NoveltySummary
    from charrnn.studies.novelty.training_text import TrainingText

MOST_SHOWN = 50  # characters of a passage


def tell_if_changed(training: "TrainingText") -> None:
    """A line where the text is not the one that the model was trained on."""
    if training.changed:
        tell(
            f"note: {', '.join(map(str, training.corpus.source.paths))}: not the text that the"
            " model was trained on, by its SHA-256; compared with its training part all the same"
        )


def tell_report(report: "NoveltyReport") -> None:
    """On stderr, so that stdout has the samples alone."""
    from charrnn.studies.novelty.study import summary_of

    sizes = list(report.samples[0].novel)
    grams = [f"{n}-grams" for n in sizes]
    head = ("", "longest copy", f"new {grams[0]}", *grams[1:], "where it stands")
    several = len(report.paths) > 1
    rows = [_row(f"sample {k}", one, several) for k, one in enumerate(report.samples, start=1)]
    held_out = summary_of(report.held_out)
    summaries = {"all samples": summary_of(report.samples) if len(rows) > 1 else None}
    summaries["held-out text"] = held_out
    rows += [_summary_row(name, one) for name, one in summaries.items() if one is not None]
    tell(
        f"\nCompared with the training part of {', '.join(map(str, report.paths))},"
        f" {report.characters:,} characters:"
    )
    tell(table([head, *rows]).rstrip("\n"))
    if held_out is None:
        tell("There is no held-out text of this length, to tell what is normal.")


def values_of_all(report: "NoveltyReport") -> dict[str, Any]:
    """Of all samples together, for JSON."""
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
    """Of one sample, for JSON."""
    longest = (
        None if one.longest is None else {**asdict(one.longest), "path": str(one.longest.path)}
    )
    return {"longest": longest, "novel": dict(one.novel)}


def _row(name: str, one: "Novelty", several: bool) -> tuple[str, ...]:
    longest = one.longest
    if longest is None:
        return (name, "none", *_shares(one.novel), "")
    file = f"{longest.path}, " if several else ""
    text = repr(shortened(longest.text, MOST_SHOWN))
    return (name, str(one.length), *_shares(one.novel), f"{file}line {longest.line:,}: {text}")


def _summary_row(name: str, summary: "NoveltySummary") -> tuple[str, ...]:
    longest = f"{summary.median:g} (at most {summary.most})"
    return (name, longest, *_shares(summary.novel), "")


def _shares(novel: Mapping[int, float | None]) -> Sequence[str]:
    return ["-" if share is None else f"{share:.1%}" for share in novel.values()]
