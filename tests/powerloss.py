"""A model of a disk that loses power: what may be found on it afterwards.

It watches the real calls under a folder. Until a file is synced, its bytes may be all there, half
there, zeros, or none; until a folder is synced, each name that was made, moved or removed in it may
be so or not, one without the other. (Pillai et al. 2014, "All File Systems Are Not Created Equal":
that is what file systems do between them; no single one does all of it.)
"""

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count, product
from pathlib import Path
from typing import NamedTuple

import pytest

VARIED = 3  # pending changes that vary freely; earlier ones, if there are any, go together
KINDS = ("files", "folders")
Files = dict[str, bytes]  # path, relative to the root: content


class Change(NamedTuple):
    """A name in a folder that now leads to another inode, or, by None, to nothing."""

    names: dict[str, int | None]


class Found(NamedTuple):
    """What may be on a disk after a power loss, and what the program had been promised by then."""

    files: Files
    promises: dict[str, float]


@dataclass
class Disk:
    """What is durable under `root`, and what is pending, at this moment of a program's life."""

    root: Path
    forget: str = ""  # "files" or "folders": as if the program never synced them
    promises: dict[str, float] = field(default_factory=dict)  # set by those who were promised
    found: list[Found] = field(default_factory=list)
    inodes: dict[int, int] = field(default_factory=dict)  # numbers on the disk, used again -> ours
    durable: dict[str, int] = field(default_factory=dict)  # names -> inodes
    pending: list[Change] = field(default_factory=list)
    synced: dict[int, bytes] = field(default_factory=dict)  # what an inode surely holds
    looking: bool = False  # it is the model itself that reads
    fresh: Iterator[int] = field(default_factory=lambda: count(1))

    @contextmanager
    def watched(self) -> Iterator["Disk"]:
        with pytest.MonkeyPatch.context() as patch:
            for module, name in (
                *((os, name) for name in ("mkdir", "replace", "unlink", "fsync")),
                (io, "open"),
            ):
                patch.setattr(module, name, self._watch(name, getattr(module, name)))
            yield self

    def _watch(self, name: str, call):
        def watched(*arguments, **options):
            if self.looking:
                return call(*arguments, **options)
            self.lose_power()
            before = self._numbers()
            result = call(*arguments, **options)
            if name == "fsync":
                self._sync(*arguments)
            else:
                self._change(before, self._numbers())
            self.lose_power()
            return result

        return watched

    def _numbers(self) -> dict[str, int]:
        """All names there are, folders with a slash behind them, and their inodes' numbers."""
        return {
            path.relative_to(self.root).as_posix() + "/" * path.is_dir(): path.stat().st_ino
            for path in self.root.rglob("*")
            if path.name != ".lock"
        }

    def _change(self, before: dict[str, int], after: dict[str, int]) -> None:
        for number in {*after.values()} - {*before.values()}:
            self.inodes[number] = next(self.fresh)
        changed = [n for n in before.keys() | after.keys() if before.get(n) != after.get(n)]
        if changed:
            inodes = {n: self.inodes[after[n]] if n in after else None for n in changed}
            self.pending.append(Change(inodes))

    def _sync(self, descriptor: int) -> None:
        path = Path(f"/proc/self/fd/{descriptor}").resolve()
        if not path.is_relative_to(self.root) or self.forget == KINDS[path.is_dir()]:
            return
        if not path.is_dir():
            self.looking = True
            self.synced[self.inodes[os.fstat(descriptor).st_ino]] = path.read_bytes()
            self.looking = False
            return
        for change in [*self.pending]:
            if all((self.root / name).parent == path for name in change.names):
                self._apply(self.durable, change)
                self.pending.remove(change)

    @staticmethod
    def _apply(names: dict[str, int], change: Change) -> None:
        for name, inode in change.names.items():
            if inode is None:
                names.pop(name, None)
            else:
                names[name] = inode

    def lose_power(self) -> None:
        """Note what may be found, were the power to go now."""
        self.looking = True
        self.found += [Found(files, dict(self.promises)) for files in self.after_power_loss()]
        self.looking = False

    def after_power_loss(self) -> Iterator[Files]:
        now = {self.inodes[number]: name for name, number in self._numbers().items()}
        free = self.pending[-VARIED:]
        for old, *kept in product((False, True), repeat=len(free) + 1):
            names = dict(self.durable)
            if old:
                for change in self.pending[:-VARIED]:
                    self._apply(names, change)
            for change, keep in zip(free, kept, strict=True):
                if keep:
                    self._apply(names, change)
            whole = [n for n in names if _reachable(n, names) and not n.endswith("/")]
            whole.sort(key=lambda name: names[name])
            choices = [self._contents(names[n], now) for n in whole]
            unsure = [k for k, choice in enumerate(choices) if len(choice) > 1]
            for k in unsure[:-VARIED]:
                choices[k] = choices[k][-1:]
            for contents in product(*choices):
                yield dict(zip(whole, contents, strict=True))

    def _contents(self, inode: int, now: dict[int, str]) -> list[bytes]:
        sure = self.synced.get(inode, b"")
        name = now.get(inode)
        if name is None:
            return [sure]
        latest = (self.root / name).read_bytes()
        assert latest.startswith(sure), "a file was written over in its place"
        end = latest[len(sure) :]
        return [sure + e for e in dict.fromkeys((b"", end[: len(end) // 2], bytes(len(end)), end))]


def _reachable(name: str, names: dict[str, int]) -> bool:
    parts = name.rstrip("/").split("/")[:-1]
    return all("/".join(parts[:k]) + "/" in names for k in range(1, len(parts) + 1))
