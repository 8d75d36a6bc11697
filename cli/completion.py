"""`sokkuri completion`: the tab key completes what is typed in a shell."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class


@click.command()
@click.argument("shell", type=click.Choice(("bash", "zsh", "fish")))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print a script that lets the tab key complete commands, options, choices and file names in a shell.

    The shell runs it at each start if you add one line (zsh: after the one with compinit). `sokkuri` must be on the
    PATH.

    \b
    bash, in ~/.bashrc:
        eval "$(sokkuri completion bash)"
    zsh, in ~/.zshrc:
        eval "$(sokkuri completion zsh)"
    fish, in ~/.config/fish/config.fish:
        sokkuri completion fish | source
    """
    complete = get_completion_class(shell)
    assert complete is not None
    click.echo(complete(context.find_root().command, {}, "sokkuri", "_SOKKURI_COMPLETE").source())
