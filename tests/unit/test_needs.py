"""Needs of memory and the one check of them, on machines of all sizes."""

import pytest

from charrnn.errors import UsageError
from charrnn.runs.memory import Need, check_fits, total_of
from charrnn.storage import machine

MIB = 2**20
NEEDS = [
    Need("the cake", 5 * MIB, ("a smaller plate (5)",)),
    Need("the party", 20 * MIB, ("fewer `guests`", "a smaller table (20)")),
]


@pytest.fixture
def limits(monkeypatch: pytest.MonkeyPatch):
    def set_limits(available: int | None, address_space: int | None = None) -> None:
        monkeypatch.setattr(machine, "available_memory", lambda: available)
        monkeypatch.setattr(machine, "address_space", lambda: address_space)

    return set_limits


@pytest.mark.parametrize("available", [None, 25 * MIB])
def test_what_fits_is_not_mentioned(limits, available: int | None) -> None:
    limits(available)
    assert total_of(NEEDS) == 25 * MIB
    assert check_fits(NEEDS, force=False) == check_fits(NEEDS, force=True) == ()
    assert check_fits([], force=False) == ()


def test_the_largest_need_and_its_remedy_are_in_the_message(limits) -> None:
    limits(25 * MIB - 1)
    expected = (
        "this needs about 25.0 MiB of memory, and there are 25.0 MiB; 20.0 MiB of it is for the"
        " party; use fewer guests or a smaller table (20)"
    )
    with pytest.raises(UsageError) as caught:
        check_fits(NEEDS, force=False)
    assert caught.value.lines({}) == [f"{expected}, or insist with force"]
    assert "fewer --guests" in caught.value.lines({"guests": "--guests"})[0]
    with pytest.raises(UsageError) as caught:
        check_fits(NEEDS, force=None)
    assert caught.value.lines({}) == [expected]
    (note,) = check_fits(NEEDS, force=True)
    assert note.replace("`", "") == expected


def test_one_need_alone_is_all_of_it(limits) -> None:
    limits(0)
    with pytest.raises(
        UsageError, match=r"0\.0 MiB; all of it is for the cake; use a smaller plate"
    ):
        check_fits(NEEDS[:1], force=False)


def test_the_limit_of_a_process_is_for_the_largest_alone(limits) -> None:
    limits(None, 15 * MIB)
    with pytest.raises(UsageError, match=r"25\.0 MiB of memory, and ulimit -v leaves a process 15"):
        check_fits(NEEDS, force=False)
    with pytest.raises(UsageError, match=r"about 16\.0 MiB"):
        check_fits(NEEDS, force=False, each=16 * MIB)
    assert check_fits(NEEDS, force=False, each=15 * MIB) == ()
