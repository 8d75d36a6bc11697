"""A group of commands, as its help lists them."""

from __future__ import annotations

import sys

import click


class Group(click.Group):
    """Lists each command with the first sentence of its help in full, which click would cut to one line."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(
                [(name, self.commands[name].get_short_help_str(sys.maxsize)) for name in self.list_commands(ctx)]
            )
