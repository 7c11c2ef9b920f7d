"""The grids of the tests themselves: fewer cases, and still every pair."""

from itertools import combinations, product

import pytest

from tests.grid import pairwise_cases


@pytest.mark.parametrize("sizes", [(3, 3, 2, 2), (2, 3, 2, 2), (4,), (1, 5), (2, 2, 2, 2, 2)])
def test_every_two_values_meet(sizes: tuple[int, ...]) -> None:
    axes = [[f"{k}{i}" for i in range(size)] for k, size in enumerate(sizes)]
    cases = pairwise_cases(*axes)
    met = {pair for case in cases for pair in combinations(case, 2)}
    for a, b in combinations(axes, 2):
        assert met >= set(product(a, b))
    assert {value for case in cases for value in case} == {value for axis in axes for value in axis}
    assert len(cases) == len(set(cases))
    assert set(cases) <= set(product(*axes))


def test_a_grid_of_36_needs_9_cases() -> None:
    assert len(pairwise_cases(range(3), range(3), range(2), range(2))) == 9
