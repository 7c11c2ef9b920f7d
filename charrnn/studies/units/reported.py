"""Units in a report: the best unit for each signal of the text."""

from collections.abc import Iterator

from charrnn.draw.parts import table_html
from charrnn.studies.report.reported import Judged, Reported, Subject
from charrnn.studies.units.study import UnitSurvey, survey_units
from charrnn.studies.units.tables import found_table
from charrnn.studies.units.watched import watch_part


def _look(subject: Subject) -> UnitSurvey:
    return survey_units(watch_part(subject.trained, subject.part), find=True)


def _section(survey: UnitSurvey, judged: Judged) -> Iterator[str]:
    if not survey.found:
        yield '<p class="soft">The text has none of the signals that the search knows.</p>'
        return
    yield table_html(found_table(sorted(survey.found, key=lambda unit: -abs(unit.held_out))))


UNITS = Reported("What its units know", _look, _section)
