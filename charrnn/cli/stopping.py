"""Signals: asked once, a run saves itself and stops; asked twice, it leaves at once."""

import signal
from collections.abc import Callable
from types import FrameType
from typing import Any, Self


class Stop:
    """Callable: has anybody asked to stop? In its `with` block, these signals do so.

    SIGINT, SIGTERM, and SIGHUP, which tells that the terminal has gone, unless it is ignored, as
    under nohup.
    """

    def __init__(self, tell: Callable[[str], None]) -> None:
        self.tell = tell
        self.signal: int | None = None
        self.previous: dict[int, Any] = {}

    def __call__(self) -> bool:
        return self.signal is not None

    @property
    def exit_code(self) -> int:
        """By custom 128 and the number of the signal: 130, 143 or 129."""
        return 128 + (self.signal or signal.SIGINT)

    def __enter__(self) -> Self:
        numbers = [signal.SIGINT, signal.SIGTERM]
        if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
            numbers.append(signal.SIGHUP)
        for number in numbers:
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
