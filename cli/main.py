"""The command line `sokkuri`.

Exit status: 0 done; 1 our fault; 2 wrong usage or wrong settings; 3 the person can fix it. Errors are one line on
standard error. Heavy libraries are imported inside the commands: the bot, and `--help`, never load them.
"""

from __future__ import annotations

from typing import Any

import click

from cli import average, completion, doctor, evaluate, faces, lookalikes, models, serve
from cli.group import Group
from core.contracts import PersonError
from words.markup import printable_lines


class FixableError(click.ClickException):
    exit_code = 3


class Program(Group):
    """Turns the tree of errors into exit statuses and lines, in which no name can control the terminal."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except click.ClickException as error:
            vars(error)["message"] = printable_lines(error.message)  # of the same kind, with its usage and exit status
            raise
        except (click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            from cli import words

            if isinstance(error, PersonError):
                raise FixableError(words.person_error_line(error)) from error
            if ctx.params["debug"]:
                raise
            raise click.ClickException(words.fault_line(error)) from error


@click.group(cls=Program, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--debug", is_flag=True, help="Show the traceback of an error that is our fault.")
@click.version_option(package_name="sokkuri", message="%(prog)s %(version)s")
def main(debug: bool) -> None:
    """Faces in photos: how alike, what the network looks at, and the average.

    Exit status: 0 done, 1 our fault, 2 wrong usage, 3 something that you can fix (a photo without a face, say).

    The tab key completes commands, options, choices and files in bash, zsh and fish: see `sokkuri completion --help`.
    """


for command in (
    faces.similar,
    faces.gradcam,
    lookalikes.lookalikes,
    average.average,
    evaluate.evaluate,
    models.models,
    serve.run,
    serve.worker,
    serve.sandbox,
    doctor.doctor,
    completion.completion,
):
    main.add_command(command)
