"""Surprisal in a report: the symbols with the largest share of the loss."""

from collections.abc import Iterator

from charrnn.draw.parts import table_html
from charrnn.studies.report.reported import Judged, Reported, Subject
from charrnn.studies.surprisal.study import Surprisal, predicted_text, read_through
from charrnn.studies.surprisal.tables import symbol_table

LISTED = 20  # rows of the table


def _look(subject: Subject) -> Surprisal:
    text = predicted_text(subject.trained, subject.corpus, subject.part)
    return read_through(subject.trained, subject.part, text, None)


def _section(surprisal: Surprisal, judged: Judged) -> Iterator[str]:
    title = f"loss by symbol, over {judged.characters:,} characters of the {judged.part} part"
    yield table_html(symbol_table(surprisal.symbols(), title, LISTED))


SURPRISAL = Reported("What it finds hard", _look, _section)
