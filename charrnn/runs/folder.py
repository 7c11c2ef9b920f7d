"""The place of a run: a folder that is free and can be written to."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from charrnn.errors import UsageError
from charrnn.storage.rundir import RunDir


def check_is_folder(run: RunDir) -> None:
    """Raise UsageError where there can be no run directory."""
    try:
        if not run.path.is_dir() and (run.path.exists() or run.path.is_symlink()):
            raise UsageError(f"{run.path}: not a folder", "choose another `output.dir`")
    except OSError as error:
        raise UsageError(
            f"{run.path}: cannot be a folder ({error.strerror})", "choose another `output.dir`"
        ) from None


def check_free(run: RunDir, resume: bool, force: bool) -> None:
    """Raise UsageError where another run is in the way."""
    if run.holds_a_run() and not (resume or force):
        raise UsageError(
            f"{run.path}: already holds a run",
            "continue it with `resume`, replace it with `force`, or choose another `output.dir`",
        )


@contextmanager
def complaints_about(folder: Path) -> Iterator[None]:
    """A file that cannot be written is for the user to mend, and is named."""
    try:
        yield
    except OSError as error:
        raise UsageError(
            f"{error.filename or folder}: cannot be written ({error.strerror or error})",
            "what was saved before is intact: continue from it with `resume`",
        ) from None
