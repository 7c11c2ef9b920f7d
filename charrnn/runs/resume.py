"""Resuming: the checkpoint that a run continues from, and whether it is still the same run."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from charrnn.config import Config, as_written, resume_changes
from charrnn.errors import CheckpointError, ConfigError, DataError
from charrnn.runs.checkpoints import contents, latest_of
from charrnn.storage.checkpoint import Checkpoint, refusal
from charrnn.storage.rundir import RunDir
from charrnn.terminal import one_line
from charrnn.text.batches import Chunks
from charrnn.text.symbols import display
from charrnn.text.vocab import Vocabulary
from charrnn.training.plan import Plan
from charrnn.training.snapshot import state_from, tracks_in
from charrnn.training.state import TrainState

MOST_SHOWN = 10  # symbols in a message


class ResumePoint(NamedTuple):
    """The checkpoint that a run continues from."""

    path: Path
    checkpoint: Checkpoint
    vocabulary: Vocabulary
    notes: tuple[str, ...]  # what a user should know of it, a sentence each


def find_resume_point(run: RunDir, config: Config, *, new_text: bool) -> ResumePoint | None:
    """The latest checkpoint of `run`, if `config` is allowed to continue it.

    With a new text the path of the text may differ. None if no checkpoint was written yet.
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
        allowed += [change for change in refused if change.key == "data.path"]
        refused = [change for change in refused if change.key != "data.path"]
    if refused:
        raise ConfigError(
            [f"{_in_words(*change)}: a resumed run must keep its value" for change in refused]
        )
    changed = [change for change in allowed if not change.key.startswith("output.")]
    notes = (
        *(f"passed over {complaint}" for complaint in damaged),
        *(f"changed: {_in_words(*change)}" for change in changed),
    )
    return ResumePoint(path, checkpoint, vocabulary, notes)


def check_same_text(point: ResumePoint, sha256: str, vocabulary: Vocabulary) -> None:
    """Raise DataError, with the differences, where the text or the vocabulary is new."""
    differences = list(_differences(point.vocabulary, vocabulary))
    if is_new_text(point, sha256):
        trained_on = point.checkpoint.header["corpus_sha256"]
        differences.append(f"its SHA-256 was {trained_on[:12]}, is {sha256[:12]}")
    if differences:
        raise DataError(
            f"the text is not the one that {point.path} was trained on ({'; '.join(differences)})",
            "restore the old text, continue on the new one with `new_text`, or start a new run"
            " from these weights with `init_from`",
        )


def is_new_text(point: ResumePoint, sha256: str) -> bool:
    """Whether the digest of a text differs from that in the checkpoint."""
    return bool(point.checkpoint.header["corpus_sha256"] != sha256)


def resumed_state(
    point: ResumePoint, plan: Plan, sha256: str
) -> tuple[TrainState, tuple[str, ...]]:
    """The state in the checkpoint, for a text with the digest `sha256`; and a note if that is new.

    Raises CheckpointError where its hidden state is not the one that the next step begins with.
    """
    header, arrays = point.checkpoint
    state = state_from(arrays, header, plan.model, plan.optimizer)
    if not is_new_text(point, sha256):
        _check_carry(point, plan.batches)
        return state, ()
    state.forget_text_()
    return state, ("another text: what was best on the old one is forgotten",)


def _check_carry(point: ResumePoint, batches: Chunks) -> None:
    header, arrays = point.checkpoint
    expected = batches.batch_size if batches.carried(header["step"]) else None
    tracks = tracks_in(arrays)
    if tracks != expected:
        raise refusal(
            point.path,
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


def _in_words(key: str, old: Any, new: Any) -> str:
    return one_line(f"{key} was {as_written(old)}, is {as_written(new)}")
