"""charrnn report"""

import click

from charrnn.cli.command import Command
from charrnn.cli.options import quiet_option


@click.command(cls=Command)
@click.argument("run")
@click.option("--out", metavar="FILE", show_default="RUN/report.html", help="HTML file to write.")
@quiet_option("nothing but errors")
def report(run: str, out: str | None, quiet: bool) -> None:
    """Write one HTML page about a whole run.

    RUN is a run directory, even while it is still training. The page shows the curves and samples,
    the losses of simpler models, which characters are hard to predict, what units correlate with,
    how far gradients travel, the text, the config, speed and environment. It is one file and needs
    no network.

    \b
    Example:
      charrnn report runs/quickstart
      charrnn report runs/quickstart --out quickstart.html
    """
    from charrnn import api
    from charrnn.draw.console import tell
    from charrnn.draw.page import check_page, save_page
    from charrnn.listeners.progress import Meter
    from charrnn.studies.report.page import report_page

    path = out or f"{run.rstrip('/')}/report.html"
    check_page(path)
    with Meter("report", quiet=quiet) as meter:
        contents = api.report_of(run, meter)
    save_page(path, report_page(contents))
    if not quiet:
        for reason in contents.missing:
            tell(f"left out: {reason}")
        tell(f"wrote {path}")
