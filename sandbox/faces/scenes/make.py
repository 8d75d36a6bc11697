"""Makes the scenes anew from the faces of nobody one folder up: `make faces`."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter

HERE = Path(__file__).parent
GREY = (208, 211, 212)
# Who stands where in the group: the middle of the face and the side of the portrait, in pixels; the back row first.
GROUP = (
    ("person_a_1", 330, 215, 330),
    ("person_d_2", 620, 205, 330),
    ("person_f_1", 910, 215, 330),
    ("person_c_1", 185, 395, 400),
    ("person_b_2", 475, 400, 400),
    ("person_e_2", 765, 400, 400),
    ("person_a_2", 1055, 395, 400),
)


def portrait(name: str, side: int) -> Image.Image:
    with Image.open(HERE.parent / f"{name}.jpg") as photo:
        return photo.resize((side, side), Image.Resampling.LANCZOS)


def head_and_shoulders(side: int) -> Image.Image:
    """A soft mask, so that nobody brings the wall behind them along."""
    mask = Image.new("L", (side, side), 0)
    draw = ImageDraw.Draw(mask)
    draw.ellipse([0.2 * side, 0.06 * side, 0.8 * side, 0.9 * side], fill=255)
    draw.rounded_rectangle([0.1 * side, 0.84 * side, 0.9 * side, 1.3 * side], 0.12 * side, fill=255)
    return mask.filter(ImageFilter.GaussianBlur(side / 40))


def stand(canvas: Image.Image, name: str, x: int, y: int, side: int) -> None:
    canvas.paste(portrait(name, side), (x - side // 2, y - side // 2), head_and_shoulders(side))


def group() -> Image.Image:
    canvas = Image.new("RGB", (1240, 590), GREY)
    for who in GROUP:
        stand(canvas, *who)
    return canvas


def distant() -> Image.Image:
    """One face of some 14 pixels, far away in an empty room."""
    canvas = Image.new("RGB", (1000, 700), GREY)
    ImageDraw.Draw(canvas).rectangle([0, 520, 1000, 700], fill=(150, 138, 124))
    stand(canvas, "person_d_1", 640, 420, 30)
    return canvas


def blurred() -> Image.Image:
    return portrait("person_e_1", 512).filter(ImageFilter.GaussianBlur(14))


def landscape() -> Image.Image:
    """Hills under the sky, and nobody there."""
    sky = Image.linear_gradient("L").resize((900, 600))
    canvas = Image.merge("RGB", [sky.point(lambda value, top=top: top + value // 4) for top in (120, 160, 200)])
    draw = ImageDraw.Draw(canvas)
    draw.ellipse([-300, 330, 700, 1100], fill=(96, 130, 84))
    draw.ellipse([350, 380, 1300, 1200], fill=(74, 108, 70))
    return canvas.filter(ImageFilter.GaussianBlur(1))


if __name__ == "__main__":
    for scene in (group, distant, blurred, landscape):
        scene().save(HERE / f"{scene.__name__}.jpg", quality=85)
