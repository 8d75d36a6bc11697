"""Makes the faces of nobody anew from the Face Research Lab London Set: `make faces LONDON=FOLDER`.

Each is the average of a handful of people, the handfuls disjoint: nobody's photo, and nobody's face, is in it.
`person_x_1` are their neutral faces, `person_x_2` the same people smiling, so that the two are one "person".
"""

from __future__ import annotations

import sys
from pathlib import Path

from core.average import Composite
from core.contracts import AverageRecipe, Limits, Photo
from core.detection.centerface import network_file
from core.detection.finder import FaceFinder
from core.face import largest
from core.models.store import Store, default_folder
from core.photo import decode, encode

HANDFULS = {
    "a": ("082", "137", "044", "096"),
    "b": ("007", "009", "118", "016"),
    "c": ("115", "070", "037"),
    "d": ("030", "034", "005"),
    "e": ("025", "099", "126"),
    "f": ("172", "101", "105", "103"),
}
VIEWS = {"1": "neutral_front", "2": "smiling_front"}
SIDE = 512


def main(london: Path) -> None:
    store = Store(default_folder())
    with FaceFinder(store.path("face_landmarker.task"), lambda: network_file(store)) as finder:
        for person, people in HANDFULS.items():
            for number, view in VIEWS.items():
                files = [london / one / f"{view}.jpg" for one in people]
                composite = Composite(AverageRecipe(size=SIDE, texture=0.0))
                for file in files:
                    photo = decode(Photo(file.name, file.read_bytes()), Limits()).pixels
                    found = finder.find(photo)
                    composite.add(photo, found[largest(found)])
                average = composite.finish().pixels
                name = Path(__file__).parent / f"person_{person}_{number}.jpg"
                name.write_bytes(encode(average, "jpeg", quality=90).data)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
