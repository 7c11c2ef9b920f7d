"""The command line. Each command is a thin file here and one call of `charrnn.api`.

To add one: a file with a click command of the same name, and a line in COMMANDS. Command files
import nothing heavy at their top, so that `--help` is quick.
"""

import os
import sys
import traceback
from importlib import import_module
from typing import NoReturn

import click

from charrnn import __version__
from charrnn.draw.console import complain, take_leave, tell, use_utf8
from charrnn.parallel.launcher import abort, launched

COMMANDS = {
    "train": "charrnn.cli.train",
    "sample": "charrnn.cli.sample",
    "vocab": "charrnn.cli.vocab",
    "score": "charrnn.cli.score",
    "units": "charrnn.cli.units",
    "gradients": "charrnn.cli.gradients",
    "textbook": "charrnn.cli.textbook",
    "recall": "charrnn.cli.recall",
    "plot": "charrnn.cli.plot",
    "report": "charrnn.cli.report",
    "compare": "charrnn.cli.compare",
    "config": "charrnn.cli.config",
    "gradcheck": "charrnn.cli.gradcheck",
}


class Commands(click.Group):
    """A group that imports a command when it is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command = getattr(import_module(COMMANDS[name]), name)
        assert isinstance(command, click.Command)
        return command


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="charrnn")
def cli() -> None:
    """Character-level RNN, LSTM and GRU models, trained on any CPU.

    \b
    Example:
      charrnn config init --recipe quickstart
      charrnn train quickstart.yaml
      charrnn sample runs/quickstart --prime "The fox "
    """


BLAS_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def one_blas_thread() -> None:
    """Let BLAS use one thread, unless the environment says otherwise; NumPy asks at its import.

    The products of a time step are small: a second thread gains them a third at best, and where the
    other core is busy the threads wait for each other, which has cost a factor of ten.
    """
    if not any(name in os.environ for name in BLAS_THREADS):
        os.environ["OMP_NUM_THREADS"] = "1"


def main() -> NoReturn:
    """Run the command line, as one process or as a rank of MPI."""
    use_utf8()
    one_blas_thread()
    try:
        sys.exit(_run_as_rank())
    finally:
        take_leave()


def _run_as_rank() -> int:
    """Run the command; a rank of MPI that fails takes the others with it."""
    try:
        code = _run()
    except Exception:
        if launched() is None:
            raise
        traceback.print_exc()
        code = 1
    if launched() is not None and code not in (0, 129, 130, 143):
        abort(code)
    return code


def _run() -> int:
    """Run the command. Its own errors are shown by `Command`; here those of the command line."""
    try:
        code = cli.main(prog_name="charrnn", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        tell(error.format_message())
        code = error.exit_code
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        hint = f"; see '{context.command_path} --help'" if context else ""
        code = complain([error.format_message().rstrip(".") + hint], error.exit_code)
    except MemoryError as error:
        code = complain([f"out of memory ({error}); try a smaller network, batch or seq_length"], 2)
    except (KeyboardInterrupt, click.Abort):
        code = 130
    return code if isinstance(code, int) else 0
