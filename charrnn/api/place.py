"""The place of a run: a folder that is free, or is made, and can be written to."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from charrnn.errors import UsageError
from charrnn.rundir import RunDir


def check_free(run: RunDir, resume: bool, force: bool) -> None:
    """Raise UsageError where there can be no run directory, or another run is in the way."""
    try:
        if not run.path.is_dir() and (run.path.exists() or run.path.is_symlink()):
            raise UsageError(f"{run.path}: not a folder; choose another output.dir")
    except OSError as error:
        raise UsageError(
            f"{run.path}: cannot be a folder ({error.strerror}); choose another output.dir"
        ) from None
    if run.holds_a_run() and not (resume or force):
        raise UsageError(
            f"{run.path}: holds a run already; go on with it by --resume, replace it by --force,"
            " or choose another folder by --out"
        )


@contextmanager
def complaints_about(folder: Path) -> Iterator[None]:
    """A file that cannot be written is for the user to mend, and is named."""
    try:
        yield
    except OSError as error:
        raise UsageError(
            f"{error.filename or folder}: cannot be written ({error.strerror or error});"
            " what was saved before is whole, and --resume goes on from it"
        ) from None


def make_folder(run: RunDir) -> None:
    """Raises UsageError."""
    try:
        run.path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"{run.path}: cannot be made ({error.strerror}); choose another output.dir"
        ) from None
