"""Sample content: people, a thread of averaged faces, a group picture, and a thread of photos that cause trouble.

The pictures are in `sandbox/faces`, with their licence.
"""

from __future__ import annotations

from pathlib import Path

from sandbox.server import Sandbox
from sandbox.state import File

FACES = Path(__file__).resolve().with_name("faces")
AVATARS = {"Kei": "person_f_2.jpg", "Mio": "person_d_2.jpg", "Ren": "person_e_2.jpg"}
LICENCE = (
    "Faces of nobody: each is the average of several people. Made from DeBruine & Jones (2017), Face Research Lab "
    "London Set, https://doi.org/10.6084/m9.figshare.5047666.v5, CC BY 4.0; averaged, cropped, re-encoded."
)
EXPRESSIONS = {"1": "neutral", "2": "smiling"}


async def fill(sandbox: Sandbox) -> None:
    """Adds the people and posts the pictures."""
    owner = sandbox.owner
    member, moderator = sandbox.person("Mio"), sandbox.person("Ren", moderator=True)
    general = sandbox.channel("general")
    for user in (owner, member, moderator):
        user.avatar = File(AVATARS[user.name], (FACES / AVATARS[user.name]).read_bytes(), content_type="image/jpeg")
    words = "The thread `faces` has two photos each of six people, `troubles` what tends to go wrong."
    await sandbox.post(general, owner, words)
    group = File.read(FACES / "scenes" / "group.jpg", "Seven people, some behind the others")
    await sandbox.post(general, moderator, "All of us. Who looks like whom?", [group])

    thread = await sandbox.open_thread(general, "faces", member)
    await sandbox.post(thread, member, LICENCE)
    for person in "abcdef":
        await sandbox.post(thread, member, "", [_face(person, number) for number in EXPRESSIONS])

    thread = await sandbox.open_thread(general, "troubles", moderator)
    good = _face("a", "1")
    scenes = {path.stem: path for path in (FACES / "scenes").glob("*.jpg")}
    for words, file in (
        ("Not a picture:", File("notes.txt", b"Remember the milk.\n")),
        ("Only half of it arrived:", File("half.jpg", _face("b", "2").data[:9000], "A picture cut short")),
        ("Nobody there:", File.read(scenes["landscape"], "Hills under the sky")),
        ("Far away:", File.read(scenes["distant"], "An empty room with somebody far away")),
        ("Blurred:", File.read(scenes["blurred"], "A blurred face")),
        ("The same twice, first:", good),
        ("... and again:", good),
        ("And two that are fine:", _face("d", "1")),
        ("", _face("f", "2")),
    ):
        await sandbox.post(thread, moderator, words, [file])
    lost = await sandbox.post(thread, moderator, "Its address has expired:", [_face("c", "1")])
    sandbox.cdn.lose(lost.attachments[0])


def _face(person: str, number: str) -> File:
    name = f"person_{person}_{number}.jpg"
    return File.read(FACES / name, f"Person {person.upper()}, {EXPRESSIONS[number]}, from the front")
