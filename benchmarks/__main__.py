"""`python -m benchmarks`: measures all parts, each in a process of its own, and writes `report.md` and `report.json`.

With names of parts only those are measured anew, and the others stay in the report as they were last seen.
"""

from __future__ import annotations

import argparse
import datetime
import importlib
import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

from benchmarks import machine
from benchmarks.tables import markdown, part_of

PARTS = ("similar", "peer", "gradcam", "others", "faces", "start", "throughput", "growth")
"""Modules of this package with a `measure(quick)`, in the report's order."""

HEAD = """\
# What takes how long

Written by `make bench`; `make bench-...` measure more ([Figures](../docs/figures.md)). Milliseconds are medians, and
what is compared took turns. A bare call is what the libraries need for the same, and nothing else.
"""

NO_GPU = "## On a GPU\n\nNo GPU was at hand.\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", help=f"only these parts, of {', '.join(PARTS)} (default: all)")
    parser.add_argument("--quick", action="store_true", help="fewer turns and no large inputs: some 3 minutes")
    parser.add_argument("--folder", type=Path, default=Path(__file__).parent, help="where the report lies")
    arguments = parser.parse_args()
    if unknown := set(arguments.parts) - set(PARTS):
        parser.error(f"there is no part {', '.join(unknown)}")
    report = arguments.folder / "report.json"
    if len(arguments.parts) == 1:
        measure(arguments.parts[0], arguments.quick, report)
        return
    failed = []
    for name in arguments.parts or PARTS:
        options = [name, "--folder", str(arguments.folder), *["--quick"] * arguments.quick]
        if subprocess.run([sys.executable, "-m", "benchmarks", *options], check=False).returncode:
            failed.append(name)
    if failed:
        sys.exit(f"not measured: {', '.join(failed)}")


def measure(name: str, quick: bool, report: Path) -> None:
    """One part, and put it into the report in place of what was there."""
    part = importlib.import_module(f"benchmarks.{name}").measure(quick)
    print(markdown(part), flush=True)
    known = json.loads(report.read_text()) if report.exists() else {}
    known[name] = {
        "machine": machine.description(),
        "when": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "quick": quick,
        **asdict(part),
    }
    known = {one: known[one] for one in PARTS if one in known}
    report.write_text(json.dumps(known, indent=1, ensure_ascii=False) + "\n")
    ends = [] if "gpu" in known else [NO_GPU]
    report.with_suffix(".md").write_text("\n".join([HEAD, *map(_told, known.values()), *ends]))


def _told(values: dict[str, object]) -> str:
    quick = ", with --quick" if values["quick"] else ""
    return f"{markdown(part_of(values))}\n*{values['machine']}; {values['when']}{quick}.*\n"


if __name__ == "__main__":
    main()
