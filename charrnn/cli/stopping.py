"""Signals: asked once, a run saves itself and stops; asked twice, it leaves at once."""

import signal
from collections.abc import Callable
from types import FrameType
from typing import Any, Self


class Stop:
    """Callable: has anybody asked to stop? In its `with` block, SIGINT and SIGTERM do so."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self.tell = tell
        self.signal: int | None = None
        self.previous: dict[int, Any] = {}

    def __call__(self) -> bool:
        return self.signal is not None

    @property
    def exit_code(self) -> int:
        """By custom 128 and the number of the signal: 130 or 143."""
        return 128 + (self.signal or signal.SIGINT)

    def __enter__(self) -> Self:
        for number in (signal.SIGINT, signal.SIGTERM):
            self.previous[number] = signal.signal(number, self._handle)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self.previous.items():
            signal.signal(number, handler)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self.signal is not None:
            raise SystemExit(128 + number)
        self.signal = number
        self.tell("stopping after this step; once more leaves at once")
