"""Charts: what they draw, and what they say."""

from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from charrnn.draw.chart import HEIGHT, WIDTH, Axis, Curve, line_chart

STEPS, LOSS = Axis("steps"), Axis("loss, nats/char")


def drawn(*lines: Curve, x: Axis = STEPS, y: Axis = LOSS) -> ElementTree.Element:
    return ElementTree.fromstring(f"<div>{line_chart(lines, x, y, 'Loss')}</div>")


def line(label: str, *ys: float) -> Curve:
    return Curve(label, np.arange(len(ys), dtype=float), np.array(ys))


def test_what_is_higher_is_drawn_higher() -> None:
    points = drawn(line("train", 3.0, 1.0, 2.0)).find(".//polyline").get("points").split()
    heights = [float(point.split(",")[1]) for point in points]
    assert heights[1] > heights[2] > heights[0]


def test_it_says_in_words_where_lines_begin_and_end() -> None:
    figure = drawn(line("train", 3.0, 1.25), line("validation <b>", 2.0, 1.5)).find("svg")
    assert figure.get("aria-label") == ("Loss: train from 3 to 1.25; validation <b> from 2 to 1.5")
    assert [key.text or key[-1].tail for key in drawn(line("a", 1, 2), line("b", 1, 2)).iter("li")]


def test_lines_differ_by_more_than_their_colour() -> None:
    looks = [
        (one.get("stroke"), one.get("stroke-dasharray"))
        for one in drawn(*(line(str(k), 1.0, 2.0) for k in range(4))).iter("polyline")
    ]
    assert len({colour for colour, _ in looks}) == len({dashes for _, dashes in looks}) == 4


def test_ticks_are_round_and_axes_have_names() -> None:
    texts = [one.text for one in drawn(line("train", 0.0, 10.0)).iter("text")]
    assert {"0", "2", "4", "6", "8", "10", "steps", "loss, nats/char"} <= set(texts)


def test_powers_of_ten_on_a_logarithmic_axis() -> None:
    figure = drawn(line("norm", 1e-6, 1.0, 0.0), y=Axis("norm", log=True))
    texts = [one.text for one in figure.iter("text")]
    assert {"1e-06", "0.0001", "0.01", "1"} <= set(texts)
    assert len(figure.find(".//polyline").get("points").split()) == 2


@pytest.mark.parametrize("ys", [(), (np.nan, np.inf)])
def test_nothing_to_draw_is_said(ys: tuple[float, ...]) -> None:
    assert "nothing to draw yet" in "".join(drawn(line("train", *ys)).itertext())


@given(
    arrays(np.float64, st.integers(0, 30), elements=st.floats(-1e12, 1e12) | st.just(np.nan)),
    st.booleans(),
)
@example(np.array([5e-324, 1e-300]), True)
@example(np.array([1e-300]), True)
def test_every_curve_lies_in_the_picture(ys: np.ndarray, log: bool) -> None:
    figure = drawn(line("any", *ys.tolist()), y=Axis("any", log=log))
    for one in figure.iter("polyline"):
        for point in one.get("points").split():
            x, y = map(float, point.split(","))
            assert 0 <= x <= WIDTH
            assert 0 <= y <= HEIGHT


def test_a_long_line_is_thinned_and_keeps_its_ends_and_its_spike() -> None:
    ys = np.zeros(100_000)
    ys[54_321], ys[-1] = 9.0, 1.0
    chart = drawn(line("long", *ys.tolist()))
    points = chart.find(".//polyline").get("points").split()
    heights = [HEIGHT - float(point.split(",")[1]) for point in points]
    assert len(points) <= 800
    zero, one = heights[0], heights[-1]
    assert max(heights) == pytest.approx(zero + 9 * (one - zero), abs=1)
    assert chart.find("svg").get("aria-label") == "Loss: long from 0 to 1"


def labels(low: float, high: float, log: bool) -> list[str]:
    chart = drawn(line("any", low, high), y=Axis("any", log=log))
    return [one.text for one in chart.iter("text") if one.get("text-anchor") == "end"]


@given(st.floats(1e-9, 1e9), st.floats(1.01, 1e6), st.booleans())
def test_no_two_ticks_are_labelled_alike_and_there_are_some(low, ratio, log) -> None:
    told = labels(low, low * ratio, log)
    assert len(told) == len(set(told)) >= 2


def test_ticks_of_small_rates() -> None:
    assert labels(0, 2.5e-4, False) == ["0", "5e-05", "1.0e-04", "1.5e-04", "2.0e-04", "2.5e-04"]
    assert labels(0, 1.5e-3, False)[:4] == ["0", "0.0005", "0.0010", "0.0015"]
    assert labels(2.1, 4.6, True) == ["2.5", "3.0", "3.5", "4.0", "4.5"]
    assert labels(0, 30_000, False) == ["0", "10k", "20k", "30k"]


def test_no_tick_is_below_what_cannot_be() -> None:
    assert labels(0.01, 5.0, False)[0] == "0"
