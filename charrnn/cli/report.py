"""charrnn report"""

import click

from charrnn.cli.command import Command


@click.command(cls=Command)
@click.argument("run")
@click.option("--out", metavar="FILE", help="Where the page goes; by default RUN/report.html.")
@click.option("-q", "--quiet", is_flag=True, help="No progress, and no word of where the page is.")
def report(run: str, out: str | None, quiet: bool) -> None:
    """Write one HTML page about a whole run.

    RUN is a run directory. The page has the curves, with what the model wrote on the way; what
    simpler ways of predicting reach; what the model finds hard, what its units know and how far its
    gradients travel, on the held-out part of its text; the text, the config, speed and environment.
    It needs no network, and can be given away as a file. A run that still goes on can be reported.

    \b
    Example:
      charrnn report runs/quickstart
    """
    from charrnn import api
    from charrnn.draw.console import tell
    from charrnn.draw.page import check_page, save_page
    from charrnn.listeners.progress import Meter
    from charrnn.studies.report.page import report_page

    path = out or f"{run.rstrip('/')}/report.html"
    check_page(path)
    with Meter("report", quiet=quiet) as meter:
        found = api.report_of(run, meter)
    save_page(path, report_page(found))
    if not quiet:
        for why in found.missing:
            tell(f"left out: {why}")
        tell(f"the report is {path}")
