"""`sokkuri doctor`: what is missing on this machine, and how to fix it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import click

from cli.checks import CONFIGURED, MACHINE, Finding, settings_file
from cli.config_file import config_path
from cli.online import online as ask_discord
from cli.settings import ConfigProblem, config_option, load_settings
from words.markup import printable

NAMES = (*MACHINE, "settings", *CONFIGURED)
MARKS = {"ok": "OK", "note": "WARN", "missing": "FAIL"}


@click.command()
@click.option(
    "--check",
    "names",
    multiple=True,
    type=click.Choice(NAMES),
    metavar="NAME",
    help=f"Look at this alone, one of {', '.join(NAMES)}; may be given several times.",
)
@click.option("--online", is_flag=True, help="Ask Discord, too: token, intent, commands, permissions.")
@config_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, and nothing else.")
@click.pass_context
def doctor(context: click.Context, names: tuple[str, ...], config: Path | None, *, online: bool, as_json: bool) -> None:
    """Check what is missing on this machine, and say how to fix it.

    One line a check: OK, WARN (nothing fails yet), or FAIL. Exit status 1: something failed.
    """
    findings = []
    for finding in examine(names or NAMES, config, online=online):
        findings.append(finding)
        if not as_json:
            remedy = f" -> {finding.remedy}" if finding.remedy else ""
            click.echo(printable(f"{MARKS[finding.state]:<4} {finding.name:<11} {finding.found}{remedy}"))
    well = all(finding.state != "missing" for finding in findings)
    if as_json:
        click.echo(json.dumps({"ok": well, "checks": [asdict(one) for one in findings]}, ensure_ascii=False))
    if not well:
        context.exit(1)


def examine(names: tuple[str, ...], config: Path | None, *, online: bool = False) -> Iterator[Finding]:
    """Yield the findings of these checks, each as soon as it is there; `online`: ask Discord, too."""
    for name, check in MACHINE.items():
        if name in names:
            yield from check()
    if not online and not {"settings", *CONFIGURED} & set(names):
        return
    try:
        settings = load_settings(config)
    except ConfigProblem as problem:
        yield Finding("settings", "missing", problem.message, "fix that; what depends on it was not checked")
        return
    if "settings" in names:
        yield Finding("settings", "ok", "no mistake found")
        yield from settings_file(config_path(config))
    for name, look in CONFIGURED.items():
        if name in names:
            yield from look(settings)
    if online:
        yield from ask_discord(settings)
