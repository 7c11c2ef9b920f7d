"""Gradient flow in a report: the norm by lag as a chart, and the lags that gradients reach."""

from collections.abc import Iterator

import numpy as np

from charrnn.draw.chart import Axis, Curve, line_chart
from charrnn.draw.parts import table_html
from charrnn.studies.gradients.study import GradientFlow, flow_through
from charrnn.studies.gradients.tables import name_of, reach_table
from charrnn.studies.report.reported import Judged, Reported, Subject

LAGS, POSITIONS, CHUNKS = 100, 64, 20


def _look(subject: Subject) -> GradientFlow:
    return flow_through(subject.trained, subject.part, LAGS, POSITIONS, CHUNKS)


def _section(flow: GradientFlow, judged: Judged) -> Iterator[str]:
    lags = np.arange(1, flow.lags + 1, dtype=np.float64)
    curves = [
        Curve(name_of(signal), lags, signal.median / (signal.median[0] or 1.0))
        for signal in flow.signals
    ]
    yield line_chart(
        curves,
        Axis("lag T - t, steps", whole=True),
        Axis("gradient norm (1 at lag 1)", log=True),
        "Gradient norm by lag",
    )
    yield table_html(reach_table(flow))


FLOW = Reported("How far its gradients travel", _look, _section)
