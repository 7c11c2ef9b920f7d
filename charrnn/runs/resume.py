"""Resuming: which checkpoint a run goes on from, and whether it is still the same run."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from charrnn.config import Config, resume_changes
from charrnn.errors import CheckpointError, ConfigError, DataError
from charrnn.runs.checkpoints import contents, latest_of
from charrnn.storage.checkpoint import Checkpoint, refusal
from charrnn.storage.rundir import RunDir
from charrnn.terminal import one_line
from charrnn.text.batches import Chunks
from charrnn.text.vocab import Vocabulary, display
from charrnn.training.snapshot import tracks_in

MOST_SHOWN = 10  # symbols in a message


class Resumed(NamedTuple):
    """The checkpoint that a run goes on from, and what a user should know of that."""

    path: Path
    checkpoint: Checkpoint
    vocabulary: Vocabulary
    notes: tuple[str, ...]


def find_latest(run: RunDir, config: Config, *, new_text: bool) -> Resumed | None:
    """The latest checkpoint of `run`, if `config` is one that may go on with it.

    With a new text the path of the text may be another. None if no checkpoint was written yet.
    Raises ConfigError naming every key that differs and must not, and CheckpointError where there
    are checkpoints but none that can be read.
    """
    intact, damaged = latest_of(run)
    if intact is None:
        if damaged:
            raise CheckpointError(
                f"{damaged[0]}; no other checkpoint can be read", "start over with `force`"
            )
        return None
    path, checkpoint = intact
    trained_with, vocabulary, _ = contents(path, checkpoint)
    allowed, refused = resume_changes(trained_with, config)
    if new_text:
        allowed += [one for one in refused if one.key == "data.path"]
        refused = [one for one in refused if one.key != "data.path"]
    if refused:
        raise ConfigError(
            [f"{_change(*one)}: a resumed run must keep its value" for one in refused]
        )
    kept = [one for one in allowed if not one[0].startswith("output.")]
    passed_over = (f"passed over {complaint}" for complaint in damaged)
    notes = (*passed_over, *(f"changed: {_change(*one)}" for one in kept))
    return Resumed(path, checkpoint, vocabulary, notes)


def check_same_text(resumed: Resumed, sha256: str, vocabulary: Vocabulary) -> None:
    """Raise DataError, with the difference, where the text or the vocabulary is another."""
    differences = list(_differences(resumed.vocabulary, vocabulary))
    if is_new_text(resumed, sha256):
        trained_on = resumed.checkpoint.header["corpus_sha256"]
        differences.append(f"its SHA-256 was {trained_on[:12]}, is {sha256[:12]}")
    if differences:
        raise DataError(
            f"the text is not the one that {resumed.path} was trained on"
            f" ({'; '.join(differences)})",
            "restore the old text, continue on the new one with `new_text`, or start a new run"
            " from these weights with `init_from`",
        )


def is_new_text(resumed: Resumed, sha256: str) -> bool:
    """Whether a text of this digest is another than that of the checkpoint."""
    return bool(resumed.checkpoint.header["corpus_sha256"] != sha256)


def check_place(resumed: Resumed, batches: Chunks) -> None:
    """Raise CheckpointError where the carried state is not that of the next step."""
    header, arrays = resumed.checkpoint
    expected = batches.batch_size if batches.carried(header["step"]) else None
    tracks = tracks_in(arrays)
    if tracks != expected:
        raise refusal(
            resumed.path,
            f"it carries the state of {tracks or 'no'} tracks; step {header['step']} of this run"
            f" continues from that of {expected or 'no'} tracks",
        )


def _differences(old: Vocabulary, new: Vocabulary) -> Iterator[str]:
    if old.level != new.level:
        yield f"the vocabulary was of level {old.level}, is of {new.level}"
        return
    added, gone = set(new.symbols) - set(old.symbols), set(old.symbols) - set(new.symbols)
    if added:
        yield f"new in the vocabulary: {_listed(added, new.level)}"
    if gone:
        yield f"gone from the vocabulary: {_listed(gone, old.level)}"
    if old.has_unk != new.has_unk:
        yield f"the unknown symbol is {'new in' if new.has_unk else 'gone from'} the vocabulary"


def _listed(symbols: set[int], level: str) -> str:
    shown = [display(symbol, level) for symbol in sorted(symbols)[:MOST_SHOWN]]
    more = len(symbols) - len(shown)
    return " ".join(shown) + (f" and {more} more" if more else "")


def _change(key: str, old: Any, new: Any) -> str:
    return one_line(f"{key} was {old}, is {new}")
