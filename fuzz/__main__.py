"""See the package's own word."""

from __future__ import annotations

import argparse
import atexit
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from fuzz import seeds
from fuzz.targets import TARGETS

FOUND = Path(__file__).parent / "found"
INSTRUMENTED = ["core", "words", "bot", "sandbox", "PIL", "pillow_heif", "simplejpeg", "tomllib"]
LIMITS = ("-timeout=20", "-rss_limit_mb=3000", "-max_len=20000")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", choices=[*TARGETS, []], help="default: all")
    parser.add_argument("--minutes", type=float, default=2.0, help="for each target")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.here:
        run(options.targets[0], options.minutes)
    names: Sequence[str] = options.targets or list(TARGETS)
    failed = [name for name in names if not passes(name, options.minutes)]
    print(f"found something: {', '.join(failed)} (see {FOUND})" if failed else "nothing found")
    return 1 if failed else 0


def passes(name: str, minutes: float) -> bool:
    """In a process of its own, which the fuzzer ends itself, and a broken decoder may."""
    print(f"{name}: {minutes:g} minutes", flush=True)
    command = [sys.executable, "-m", "fuzz", name, "--minutes", str(minutes), "--here"]
    return subprocess.run(command, cwd=Path(__file__).parents[1], check=False).returncode == 0


def run(name: str, minutes: float) -> None:
    import atheris

    found = FOUND / name
    found.mkdir(parents=True, exist_ok=True)
    corpus = Path(tempfile.mkdtemp(prefix=f"fuzz-{name}-"))
    stack = ExitStack()  # closed at the end of the process, for the fuzzer never comes back
    with atheris.instrument_imports(include=INSTRUMENTED):
        target = stack.enter_context(TARGETS[name]())  # before the seeds, which import the same modules
    for number, seed in enumerate(getattr(seeds, name)()):
        (corpus / f"seed-{number}").write_bytes(seed)
    atexit.register(stack.close)
    settings = [f"-max_total_time={round(60 * minutes)}", f"-artifact_prefix={found}/", "-print_final_stats=1"]
    atheris.Setup([sys.argv[0], *settings, *LIMITS, str(corpus)], target)
    atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main())
