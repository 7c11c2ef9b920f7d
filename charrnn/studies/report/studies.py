"""The studies of a report by name. To add one: its `Reported`, and a line in STUDIES."""

from charrnn.studies.baselines.reported import BASELINES
from charrnn.studies.gradients.reported import FLOW
from charrnn.studies.report.reported import Reported
from charrnn.studies.surprisal.reported import SURPRISAL
from charrnn.studies.units.reported import UNITS

STUDIES: dict[str, Reported] = {
    "baselines": BASELINES,
    "surprisal": SURPRISAL,
    "units": UNITS,
    "flow": FLOW,
}
