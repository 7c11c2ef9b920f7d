"""charrnn sample"""

import json
import sys
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from charrnn.cli.filters import WithFilters
from charrnn.cli.options import json_option, seed_option
from charrnn.draw.console import write, write_stream
from charrnn.errors import DataError
from charrnn.storage.files import open_regular
from charrnn.studies.novelty.terminal import tell_if_changed, tell_report, values_of, values_of_all

if TYPE_CHECKING:
    from charrnn.api import NoveltyReport, Sampling, TrainingText

MOST_BYTES = 2**20  # of a prime: a model has long forgotten what is farther back


@click.command(cls=WithFilters)
@click.argument("checkpoint")
@click.option("--prime", metavar="TEXT", help="Text that the sample continues.")
@click.option("--prime-file", metavar="FILE", help="Read the prime from a UTF-8 file.")
@click.option(
    "-n",
    "--length",
    type=int,
    default=500,
    show_default=True,
    metavar="LENGTH",
    help="Number of characters to generate after the prime.",
)
@seed_option("the samples", default=0)
@click.option(
    "--count",
    type=int,
    default=1,
    show_default=True,
    metavar="N",
    help="Number of samples; sample k does not depend on N.",
)
@click.option("--stop", metavar="TEXT", help="End a sample once it has generated TEXT.")
@click.option(
    "--novelty", is_flag=True, help="Also report how much is copied from the training text."
)
@click.option(
    "--corpus",
    "paths",
    multiple=True,
    metavar="TEXT",
    help="Training text for --novelty, if it has moved.",
)
@click.option(
    "--interactive",
    is_flag=True,
    help="Open a prompt: type a text, change settings, see probabilities.",
)
@json_option
def sample(
    checkpoint: str,
    prime: str | None,
    prime_file: str | None,
    length: int,
    seed: int,
    count: int,
    stop: str | None,
    novelty: bool,
    paths: tuple[str, ...],
    interactive: bool,
    as_json: bool,
    **filters: Any,
) -> None:
    """Print text that a model generates.

    CHECKPOINT is a file, or a run directory, which means its best checkpoint. The prime and then
    LENGTH characters appear as they are generated.

    \b
    Example:
      charrnn sample runs/quickstart --prime "The fox " -n 300 --temperature 0.7
      charrnn sample runs/quickstart -n 2000 --count 5 --novelty
      charrnn sample runs/quickstart --interactive
    """
    if prime is not None and prime_file is not None:
        raise click.UsageError("give --prime or --prime-file, not both")
    if interactive and (as_json or novelty or paths or count != 1):
        raise click.UsageError(
            "--interactive cannot be combined with --json, --novelty, --corpus or --count"
        )

    from charrnn import api

    request = api.Request(
        prime=prime or "" if prime_file is None else _read(prime_file),
        length=length,
        seed=seed,
        count=count,
        stop=stop,
        **filters,
    )
    trained = api.load(checkpoint)
    if interactive:
        from charrnn.studies.play.terminal import play

        play(trained, request)
        return
    training = api.open_training_text(trained, paths or None) if novelty or paths else None
    if training is not None:
        tell_if_changed(training)
    sampling = api.Sampling(trained, request)
    if as_json:
        for _ in sampling:
            pass
        write(json.dumps(_values(sampling, seed, training), ensure_ascii=False) + "\n")
    else:
        _stream(sampling)
        if training is not None:
            tell_report(_compare(sampling, training))


def _values(sampling: "Sampling", seed: int, training: "TrainingText | None") -> dict[str, Any]:
    samples: list[dict[str, Any]] = [
        {"prime": each.prime, "text": each.text, "log_prob": each.log_prob}
        for each in sampling.samples
    ]
    values = {"samples": samples, "seed": seed}
    if training is not None:
        report = _compare(sampling, training)
        for entry, novelty in zip(samples, report.samples, strict=True):
            entry["novelty"] = values_of(novelty)
        values["novelty"] = values_of_all(report)
    return values


def _compare(sampling: "Sampling", training: "TrainingText") -> "NoveltyReport":
    from charrnn import api
    from charrnn.listeners.progress import Meter

    with Meter("novelty") as meter:
        return api.novelty_of(training, [each.ids for each in sampling.samples], on_progress=meter)


def _stream(sampling: "Sampling") -> None:
    """The first sample as it comes, then the others, a blank line between two of them."""
    write(sampling.samples[0].prime)
    write_stream(pieces[0] for pieces in sampling)
    for before, each in pairwise(sampling.samples):
        write(f"{_gap(before.text, sampling.separator)}{each.prime}{each.text}")
    last = sampling.samples[-1]
    ending = "" if sampling.separator is None else _gap(last.text, sampling.separator)
    if sys.stdout.isatty() and not (last.prime + last.text + ending).endswith("\n"):
        ending = "\n"
    write(ending)


def _gap(text: str, separator: str | None) -> str:
    """The text between samples: a blank line; records end by themselves, unless cut short."""
    if separator is None:
        return "\n\n"
    return "" if text.endswith(separator) else "\n"


def _read(path: str) -> str:
    """The text of a file, as training texts are read: without its mark, its newlines settled."""
    try:
        with open_regular(Path(path)) as file:
            raw = file.read(MOST_BYTES + 1)
        if len(raw) > MOST_BYTES:
            raise DataError(
                f"{path}: a prime of more than 1 MiB; save its end to a file and give that"
            )
        text = raw.decode("utf-8-sig")
    except OSError as error:
        raise DataError(
            f"{path}: the prime cannot be read ({error.strerror}); save it to a file and give that,"
            " or use --prime"
        ) from None
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path}: the prime is not UTF-8 (byte {error.start}: {error.reason}); convert it"
        ) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")
