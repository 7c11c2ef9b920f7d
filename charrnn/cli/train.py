"""charrnn train"""

import json

import click

from charrnn.cli.command import Command
from charrnn.draw.console import tell


@click.command(cls=Command)
@click.argument("config")
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Override one key.")
@click.option("--out", metavar="DIR", help="The run directory, instead of output.dir.")
@click.option("--resume", is_flag=True, help="Go on from the latest checkpoint of the run.")
@click.option(
    "--allow-new-text", "new_text", is_flag=True, help="With --resume: also if the text is another."
)
@click.option("--init-from", metavar="CKPT", help="Begin with the weights of this checkpoint.")
@click.option("--workers", metavar="N", help="Processes to train with; a number or auto.")
@click.option("--max-steps", type=int, metavar="N", help="Stop after N steps.")
@click.option("--max-minutes", type=float, metavar="M", help="Stop after M minutes.")
@click.option("--baselines", is_flag=True, help="First say what simpler models reach.")
@click.option(
    "--force",
    is_flag=True,
    help="Replace a run that is in the run directory; train even if the memory seems too small.",
)
@click.option("--quiet", is_flag=True, help="Say nothing but errors.")
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

    CONFIG is a YAML file; what comes of it is written to the run directory, output.dir.
    Ctrl-C once finishes the step, saves and stops (exit code 130); twice leaves at once.
    SIGTERM and SIGHUP do the same; SIGUSR1 saves now and goes on.

    \b
    Example:
      charrnn train configs/quickstart.yaml
      charrnn train my.yaml --set model.hidden_size=256 --max-minutes 15
      charrnn train my.yaml --resume
    """
    if resume and (force or init_from):
        raise click.UsageError("--resume cannot go with --force or --init-from", ctx)
    if new_text and not resume:
        raise click.UsageError("--allow-new-text goes with --resume", ctx)

    from charrnn import api
    from charrnn.cli.posix_signals import Signals
    from charrnn.listeners.progress import Progress
    from charrnn.parallel.launcher import launched
    from charrnn.training.events import Finished

    options = {
        "output.dir": None if out is None else json.dumps(out),  # a name, whatever YAML thinks
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
