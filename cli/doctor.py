"""`sokkuri doctor`: what is missing on this machine, and how to mend it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import click

from cli.checks import CONFIGURED, MACHINE, Finding
from cli.settings import ConfigProblem, config_option, load_settings

NAMES = (*MACHINE, "settings", *CONFIGURED)
MARKS = {"ok": "OK", "note": "note", "missing": "MISSING"}


@click.command()
@click.option(
    "--check",
    "names",
    multiple=True,
    type=click.Choice(NAMES),
    help="Look at this alone; may be given several times.",
)
@config_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, and nothing else.")
@click.pass_context
def doctor(context: click.Context, names: tuple[str, ...], config: Path | None, as_json: bool) -> None:
    """Look what is missing on this machine, and say how to mend it.

    One line a check. Exit status 1: something that is needed is missing.
    """
    findings = []
    for finding in examine(names or NAMES, config):
        findings.append(finding)
        if not as_json:
            remedy = f" -> {finding.remedy}" if finding.remedy else ""
            click.echo(f"{MARKS[finding.state]:<8} {finding.name:<10} {finding.found}{remedy}")
    well = all(finding.state != "missing" for finding in findings)
    if as_json:
        click.echo(json.dumps({"ok": well, "checks": [asdict(one) for one in findings]}, ensure_ascii=False))
    if not well:
        context.exit(1)


def examine(names: tuple[str, ...], config: Path | None) -> Iterator[Finding]:
    """The findings of these checks, each as soon as it is there."""
    for name, check in MACHINE.items():
        if name in names:
            yield from check()
    if not {"settings", *CONFIGURED} & set(names):
        return
    try:
        settings = load_settings(config)
    except ConfigProblem as problem:
        yield Finding("settings", "missing", problem.message, "mend that; what depends on it was not looked at")
        return
    if "settings" in names:
        yield Finding("settings", "ok", "no mistake found")
    for name, look in CONFIGURED.items():
        if name in names:
            yield from look(settings)
