"""POSIX signals: the first one saves and stops a run, the second one stops it at once.

SIGINT and SIGTERM stop it, and SIGHUP, which means that the terminal has gone, unless it is
ignored, as under nohup. SIGUSR1 saves a run and lets it continue.
"""

import signal
from collections.abc import Callable
from types import FrameType
from typing import Any, Self


class Signals:
    """The signals received since the `with` block began."""

    def __init__(self, tell: Callable[[str], None], *, saves: bool = False) -> None:
        self.tell, self.saves = tell, saves
        self.stopped_by: int | None = None
        self.saving = False
        self.previous: dict[int, Any] = {}

    def stop(self) -> bool:
        """Whether to stop."""
        return self.stopped_by is not None

    def save(self) -> bool:
        """Whether to save now; true once per signal."""
        asked, self.saving = self.saving, False
        return asked

    @property
    def exit_code(self) -> int:
        """128 plus the number of the signal, as is the custom: 130, 143 or 129."""
        return 128 + (self.stopped_by or signal.SIGINT)

    def __enter__(self) -> Self:
        for name in ("SIGINT", "SIGTERM"):
            self._catch(name, self._stop)
        if signal.getsignal(getattr(signal, "SIGHUP", signal.SIGINT)) != signal.SIG_IGN:
            self._catch("SIGHUP", self._stop)
        if self.saves:
            self._catch("SIGUSR1", self._save)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self.previous.items():
            signal.signal(number, handler)

    def _catch(self, name: str, handler: Callable[[int, FrameType | None], None]) -> None:
        if hasattr(signal, name):  # Windows has only the first two
            number = getattr(signal, name)
            self.previous[number] = signal.signal(number, handler)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        if self.stopped_by is not None:
            raise SystemExit(128 + number)
        self.stopped_by = number
        self.tell("stopping after this step; a second signal stops at once")

    def _save(self, number: int, frame: FrameType | None) -> None:
        self.saving = True
        self.tell("saving after this step")
