"""charrnn train"""

import json

import click

from charrnn.cli.command import Command
from charrnn.cli.options import quiet_option, set_option
from charrnn.draw.console import tell


@click.command(cls=Command)
@click.argument("config")
@set_option
@click.option("--out", metavar="DIR", show_default="output.dir", help="Directory of the run.")
@click.option("--resume", is_flag=True, help="Continue from the latest checkpoint of the run.")
@click.option(
    "--allow-new-text",
    "new_text",
    is_flag=True,
    help="With --resume, continue even if the text has changed.",
)
@click.option(
    "--init-from", metavar="CKPT", help="Start from the weights of this checkpoint, in a new run."
)
@click.option(
    "--workers",
    metavar="N",
    show_default="train.workers",
    help="Number of processes to train with, or auto.",
)
@click.option(
    "--max-steps", type=int, metavar="N", show_default="train.max_steps", help="Stop after N steps."
)
@click.option(
    "--max-minutes",
    type=float,
    metavar="M",
    show_default="train.max_minutes",
    help="Stop after M minutes.",
)
@click.option("--baselines", is_flag=True, help="First print the losses of simpler models.")
@click.option(
    "--force",
    is_flag=True,
    help="Replace a run in the run directory, and start even if memory seems too small.",
)
@quiet_option("only errors")
@click.pass_context
def train(
    ctx: click.Context,
    config: str,
    overrides: tuple[str, ...],
    out: str | None,
    resume: bool,
    new_text: bool,
    init_from: str | None,
    workers: str | None,
    max_steps: int | None,
    max_minutes: float | None,
    baselines: bool,
    force: bool,
    quiet: bool,
) -> None:
    """Train the model that a config file describes.

    CONFIG is a YAML file; results go to the run directory, output.dir. Ctrl-C finishes the step,
    saves and stops (exit code 130); a second one stops at once. SIGTERM and SIGHUP do the same as
    the first; SIGUSR1 saves and continues.

    \b
    Example:
      charrnn train configs/quickstart.yaml
      charrnn train my.yaml --set model.hidden_size=256 --max-minutes 15
      charrnn train my.yaml --resume
    """
    if resume and (force or init_from):
        raise click.UsageError("--resume cannot be combined with --force or --init-from", ctx)
    if new_text and not resume:
        raise click.UsageError("--allow-new-text requires --resume", ctx)

    from charrnn import api
    from charrnn.cli.posix_signals import Signals
    from charrnn.listeners.progress import Progress
    from charrnn.parallel.launcher import launched
    from charrnn.training.events import Finished

    options = {
        "output.dir": None
        if out is None
        else json.dumps(out),  # a string, whatever YAML makes of it
        "train.workers": workers,
        "train.max_steps": max_steps,
        "train.max_minutes": max_minutes,
    }
    given = [f"{key}={value}" for key, value in options.items() if value is not None]
    settings = api.load_config(config, [*overrides, *given])
    progress = Progress(quiet or bool(launched()))
    if baselines and not quiet and not launched():
        from charrnn.draw.terminal import table_text
        from charrnn.studies.baselines.tables import baseline_table

        tell(table_text(baseline_table(api.baselines_of(settings))).rstrip())

    def reading(done: int, total: int) -> None:
        if signals.stop():
            ctx.exit(signals.exit_code)  # there is nothing to save yet
        progress.reading(done, total)

    with Signals(progress.print, saves=True) as signals, progress:
        for event in api.train(
            settings,
            resume=resume,
            force=force,
            new_text=new_text,
            init_from=init_from,
            stop=signals.stop,
            save=signals.save,
            on_reading=reading,
        ):
            progress(event)
    if isinstance(event, Finished) and event.reason == "interrupted":
        progress.print("saved; to continue, add --resume to the same command")
        ctx.exit(signals.exit_code)
