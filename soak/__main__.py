"""See the package's own word."""

from __future__ import annotations

import argparse
import asyncio
import secrets
import sys
import tempfile
from pathlib import Path

from soak.run import Plan, soak


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, help="of all that is left to chance; default: another one each time")
    parser.add_argument("--people", type=int, default=8, help="who ask at once")
    options = parser.parse_args()
    seed = secrets.randbelow(1_000_000) if options.seed is None else options.seed
    print(f"seed {seed}", flush=True)
    folder = Path(tempfile.mkdtemp(prefix="sokkuri-soak-"))
    report = asyncio.run(soak(Plan(60 * options.minutes, seed, options.people), folder))
    print(report.table())
    problems = [*report.problems()]
    print("\n".join([f"NOT WELL: {problem}" for problem in problems]) or "all well")
    print(f"the bot's log: {folder / 'log'}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
