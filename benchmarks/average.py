"""Averages of the same faces by Sokkuri, by other tools and by the article's procedure, as one Markdown table.

Sharpness and ghosting: see `benchmarks.sharpness`; beside each figure stands what part it is of a single photo's.
Every contender is a process of its own, which loads its libraries and models before the clock starts; quick ones run
three times, for the median. The other tools are installed, once, into a folder of their own.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import isnan
from pathlib import Path
from shutil import copyfile
from statistics import median

import numpy as np

from benchmarks import machine
from benchmarks.averagers.environment import Environment, NotInstalled
from benchmarks.sharpness import Pixels, Sharpness, face_finder, measure, read
from core.cards import canvas
from core.detection.finder import FaceFinder
from core.face import LEFT_IRIS, RIGHT_IRIS, Face
from core.geometry import crop
from core.photo import encode
from core.templates import Template, to_template

ROOT = Path(__file__).parents[1]
AVERAGERS = ROOT / "benchmarks" / "averagers"
FACES = ROOT.parent / "shared" / "faces"
PEOPLE = 40
SIZE = 768

TILE, GAP = 320, 12
EYES = Template((RIGHT_IRIS, LEFT_IRIS), ((0.24, 0.27), (0.76, 0.27)))
"""Of `side_by_side`: pixels of a side of a picture, and between two; the frame of the eyes, its upper half shown."""

HEADER = """\
| average | size | sharpness, face | eyes | edge at jaw, px | ears, px | s a face | CPU s a face | peak MB |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"""


@dataclass(frozen=True)
class Contender:
    """`script`: in AVERAGERS; `more`: its further arguments; `runs`: how often it is timed."""

    name: str
    script: str
    size: int
    python: Path = Path(sys.executable)
    more: tuple[str, ...] = ()
    runs: int = 3
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def file(self) -> str:
        return f"{self.name.replace(' ', '_').replace(',', '')}_{self.size}.png"

    def run(self, photos: Path, out: Path) -> Cost:
        command = [str(self.python), str(AVERAGERS / self.script), str(photos), str(self.size), str(out), *self.more]
        environment = os.environ | {"PYTHONPATH": str(ROOT), "MPLBACKEND": "agg"} | self.environment
        costs = []
        for _ in range(self.runs):
            done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
            if done.returncode != 0:
                raise RuntimeError(done.stderr[-2000:])
            said = json.loads(done.stdout.splitlines()[-1])
            faces = said["faces"]
            costs.append(Cost(faces, said["seconds"] / faces, said["cpu_seconds"] / faces, said["peak_bytes"] / 1e6))
        return Cost(
            costs[0].faces,
            median(cost.seconds for cost in costs),
            median(cost.cpu_seconds for cost in costs),
            max(cost.megabytes for cost in costs),
        )


@dataclass(frozen=True)
class Cost:
    """`faces`: how many went in; `seconds`, `cpu_seconds`: a face; `megabytes`: the process's peak."""

    faces: int
    seconds: float
    cpu_seconds: float
    megabytes: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photos", type=Path, nargs="*", help="default: frontal neutral faces of the London set")
    parser.add_argument("--size", type=int, default=SIZE, help=f"pixels of a side (default: {SIZE})")
    parser.add_argument("--pictures", type=Path, help="keep the averages in this folder")
    arguments = parser.parse_args()
    photos = arguments.photos or sorted(FACES.glob("london/*/neutral_front.jpg"))[:PEOPLE]
    if not photos:
        parser.error(f"there are no faces in {FACES}; name photos of your own, one face each")
    contenders, missing = rivals(arguments.size)
    print(machine.description())
    print(f"\n{len(photos)} photos\n\n{HEADER}", flush=True)
    with tempfile.TemporaryDirectory() as folder, face_finder() as finder:
        together, pictures = Path(folder) / "photos", arguments.pictures or Path(folder)
        together.mkdir()
        pictures.mkdir(parents=True, exist_ok=True)
        for number, photo in enumerate(photos):
            copyfile(photo, together / f"{number:04}{photo.suffix}")
        single = mean(photos, finder)
        shown = []
        print(row("one photo (mean of all)", None, single, single), flush=True)
        for contender in contenders + ours(arguments.size):
            cost = contender.run(together, pictures / contender.file)
            rgb, face = read(pictures / contender.file, finder)
            sharpness = measure(rgb, face)
            if contender.size == arguments.size:
                shown.append((rgb, face))
            name = contender.name if cost.faces == len(photos) else f"{contender.name} (found {cost.faces})"
            print(row(name, contender.size, sharpness, single, cost), flush=True)
        (pictures / "side_by_side.jpg").write_bytes(encode(side_by_side(shown)).data)
        composites = sorted(FACES.glob("composite/*.jpg"))
        if composites:
            name = f"WebMorph, points by hand, 4 faces each (mean of {len(composites)})"
            print(row(name, 1024, mean(composites, finder), single), flush=True)
    for name, reason in missing.items():
        print(f"\n{name} cannot be installed: {reason}")


def ours(size: int) -> list[Contender]:
    return [
        Contender(f"Sokkuri, {name}", "with_sokkuri.py", side, more=(texture,))
        for side in (512, size)
        for name, texture in (("no texture", "0"), ("texture", "1"))
    ]


def rivals(size: int) -> tuple[list[Contender], dict[str, str]]:
    """Those that can be run, and what is the matter with the others."""
    found = [Contender("article", "with_article.py", side) for side in (224, size)]
    missing = {}
    environment = Environment()
    tools = {
        "average-facer==0.7.6": "with_average_facer.py",
        "facemorpher==5.2.dev0": "with_facemorpher.py",
        "facemorpher==5.2.1": None,  # on another library, stasm, in place of dlib
    }
    for requirement, script in tools.items():
        name = requirement.replace("==", " ")
        try:
            environment.make()
            if script is None:
                environment.install("stasm==2.0.2", "--no-build-isolation")
                continue
            environment.install(requirement, "--no-deps")
        except NotInstalled as error:
            missing[name] = str(error)
            continue
        models = environment.landmarks
        variables = {
            "DLIB_DATA_DIR": str(models),
            "FACER_PREDICTOR_PATH": str(models / "shape_predictor_68_face_landmarks.dat"),
        }
        found.append(Contender(name, script, size, environment.python, runs=1, environment=variables))
    return found, missing


def side_by_side(averages: Sequence[tuple[Pixels, Face]]) -> Pixels:
    """The averages from left to right, each as it is, and under it its eyes, all at one size."""
    card = canvas.blank(len(averages) * (TILE + GAP) + GAP, TILE + TILE // 2 + 3 * GAP)
    for number, (rgb, face) in enumerate(averages):
        x = GAP + number * (TILE + GAP)
        eyes = crop(rgb, to_template(face, EYES, TILE), TILE, outside=canvas.PANEL)[: TILE // 2]
        canvas.paste(card, canvas.resize(rgb, (TILE, TILE)), x, GAP, radius=GAP)
        canvas.paste(card, eyes, x, TILE + 2 * GAP, radius=GAP)
    return np.asarray(card)


def mean(photos: Sequence[Path], finder: FaceFinder) -> Sharpness:
    return Sharpness.mean([measure(*read(photo, finder)) for photo in photos])


def row(name: str, size: int | None, one: Sharpness, single: Sharpness, cost: Cost | None = None) -> str:
    cells = [name, "" if size is None else str(size)]
    for value, whole in ((one.face, single.face), (one.eyes, single.eyes)):
        cells.append(f"{value:.1f} ({value / whole:.0%})")
    for value, whole in ((one.jaw, single.jaw), (one.ears, single.ears)):
        cells.append("cut off" if isnan(value) else f"{value:.1f} ({value / whole:.1f} x)")
    if cost is None:
        cells += ["", "", ""]
    else:
        cells += [f"{cost.seconds:.3f}", f"{cost.cpu_seconds:.3f}", f"{cost.megabytes:.0f}"]
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    main()
