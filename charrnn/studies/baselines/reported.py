"""Baselines in a report: the loss of the run among those of simpler models."""

from collections.abc import Iterator, Sequence

from charrnn.draw.parts import table_html
from charrnn.studies.baselines.study import Baseline, baselines_on
from charrnn.studies.baselines.tables import baseline_table
from charrnn.studies.report.reported import QUALITY, Judged, Reported, Subject


def _look(subject: Subject) -> tuple[Baseline, ...]:
    return tuple(baselines_on(subject.dataset))


def _section(baselines: Sequence[Baseline], judged: Judged) -> Iterator[str]:
    title = f"losses on the {judged.part} part, compared with simpler models"
    yield table_html(baseline_table(baselines, title, judged.loss))


BASELINES = Reported(QUALITY, _look, _section)
