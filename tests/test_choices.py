"""What can be chosen is the same everywhere: in the contracts, in core's tables, on the command line and on Discord."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

import click
import pytest

from bot import app
from bot.config import Settings
from cli.main import main
from core import average, heatmap
from core.average.frames import frame
from core.cards.gradcam import COLORMAPS
from core.contracts import (
    HEATMAP_LABELS,
    AverageMethod,
    Colormap,
    FacesTaken,
    HeatmapMethod,
    HeatmapTarget,
    Light,
    Shape,
)
from core.models.spec import TemplateName
from core.templates import TEMPLATES
from words.locales import LANGUAGES, load


@pytest.fixture(scope="module")
def commands() -> dict[str, Any]:
    """Discord's commands by name, as they are registered."""
    return {command["name"]: command for command in asyncio.run(app.commands(Settings()))}


def test_every_module_of_a_command_is_registered() -> None:
    folder = Path(next(iter(app.COMMANDS)).__file__ or "").parent
    modules = {file.stem for file in folder.glob("*.py") if "\ndef command(" in file.read_text(encoding="utf-8")}
    assert modules == {module.__name__.rpartition(".")[2] for module in app.COMMANDS}


def on_discord(command: dict[str, Any], option: str) -> list[str]:
    (found,) = (one for one in command["options"] if one["name"] == option)
    return [choice["value"] for choice in found["choices"]]


def on_the_command_line(command: str, option: str) -> Sequence[str]:
    (found,) = (one for one in main.commands[command].params if one.name == option)
    assert isinstance(found.type, click.Choice)
    return tuple(found.type.choices)


def test_every_heatmap_method_can_be_chosen_and_is_carried_out(commands: dict[str, Any]) -> None:
    methods = get_args(HeatmapMethod)
    assert set(heatmap.METHODS) == set(HEATMAP_LABELS) == set(methods)
    assert on_the_command_line("gradcam", "method") == methods
    assert on_discord(commands["gradcam"], "method") == list(methods)


def test_every_average_method_can_be_chosen_and_is_carried_out(commands: dict[str, Any]) -> None:
    methods = get_args(AverageMethod)
    assert set(average.METHODS) == set(methods)
    assert on_the_command_line("average", "method") == methods
    assert on_discord(commands["average"], "method") == list(methods)


def test_every_shape_can_be_chosen_and_is_carried_out(commands: dict[str, Any]) -> None:
    shapes = get_args(Shape)
    assert len({type(frame(shape, 64)) for shape in shapes}) == len(shapes)
    assert on_the_command_line("average", "shape") == shapes
    assert on_discord(commands["average"], "shape") == list(shapes)


def test_every_colour_map_can_be_drawn() -> None:
    assert set(COLORMAPS) == set(get_args(Colormap))
    assert len(set(COLORMAPS.values())) == len(COLORMAPS)


def test_every_template_says_where_a_face_lies() -> None:
    assert set(TEMPLATES) == set(get_args(TemplateName))


def test_the_other_choices_are_the_contracts_own(commands: dict[str, Any]) -> None:
    assert on_discord(commands["gradcam"], "target") == list(get_args(HeatmapTarget))
    assert on_discord(commands["average"], "faces") == [f"{faces}-face" for faces in get_args(FacesTaken)]
    assert on_the_command_line("average", "faces") == get_args(FacesTaken)
    assert on_the_command_line("average", "light") == get_args(Light)


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_choice_has_a_name_in_every_language(code: str, commands: dict[str, Any]) -> None:
    words = load().of(code)
    for command in commands.values():
        for option in command.get("options", ()):
            for choice in option.get("choices", ()):
                named_alike = choice["value"] in HEATMAP_LABELS or isinstance(choice["value"], int)
                assert named_alike or words.text(f"choice-{choice['value']}")
