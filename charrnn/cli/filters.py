"""The options of the sampling filters, made from FILTERS."""

import click

from charrnn.cli.command import Command

AFTER = "length"  # the parameter that they follow in the help


class WithFilters(Command):
    """A command that has one option per filter of FILTERS, and passes their values by name.

    They are made when its parameters are asked for, because FILTERS needs NumPy and the help of
    the other commands does not.
    """

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        params = super().get_params(ctx)
        at = 1 + next(k for k, parameter in enumerate(params) if parameter.name == AFTER)
        return [*params[:at], *filter_options(), *params[at:]]


def filter_options() -> list[click.Option]:
    """One option per filter: --top-k K for top_k, a switch where the value is a bool."""
    from charrnn.sampling import FILTERS

    return [
        click.Option(
            [f"--{name.replace('_', '-')}", name],
            **({"is_flag": True} if spec.kind is bool else {"metavar": spec.metavar}),
            type=spec.kind,
            default=spec.neutral,
            show_default=spec.kind is not bool,
            help=spec.help,
        )
        for name, spec in FILTERS.items()
    ]
