"""A command whose errors become messages that name its own options, and an exit code."""

from typing import Any

import click

from charrnn.draw.console import complain
from charrnn.errors import CharrnnError

# Parameters of the library that a command's option has another name for.
OPTION_NAMES = {
    "output.dir": "out",
    "data.encoding": "encoding",
    "data.level": "level",
    "data.min_count": "min_count",
    "hidden_size": "hidden",
    "layers": "layer",
}


class Command(click.Command):
    """The library names parameters, `force`; a user of the command types options, --force."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except CharrnnError as error:
            ctx.exit(complain(error.lines(self.spellings(ctx)), error.exit_code))

    def spellings(self, ctx: click.Context) -> dict[str, str]:
        """The option that a user types for each parameter of the library that this command has."""
        typed = {
            str(parameter.name): max(parameter.opts, key=len)
            for parameter in self.get_params(ctx)
            if isinstance(parameter, click.Option)
        }
        aliases = {name: typed[own] for name, own in OPTION_NAMES.items() if own in typed}
        return {**typed, **aliases}
