"""`sokkuri models add`, `use` and `remove`: a model that works is taken up, and any other leaves the settings alone."""

from __future__ import annotations

import hashlib
import json
import tomllib
from itertools import pairwise
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from program import Run

from core.models.store import Store, default_folder

OWN_LINES = """# my bot
log_level = "WARNING"  # quiet

[limits]
# small machine
pixels = 50000000
"""


def network(path: Path, *, side: int = 112, activation: str = "Relu", width: int = 16) -> Path:
    """A small network, fed as an ArcFace-style file is: crops (n, 3, side, side) to vectors (n, width)."""
    rng = np.random.default_rng(7)
    weights = rng.normal(size=(width, 3, 5, 5)).astype(np.float32)
    nodes = [
        helper.make_node("Conv", ["crops", "weights"], ["maps"], kernel_shape=[5, 5], strides=[4, 4]),
        helper.make_node(activation, ["maps"], ["active"]),
        helper.make_node("GlobalAveragePool", ["active"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["vectors"]),
    ]
    crops = helper.make_tensor_value_info("crops", TensorProto.FLOAT, ["n", 3, side, side])
    vectors = helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["n", width])
    graph = helper.make_graph(nodes, "net", [crops], [vectors], [numpy_helper.from_array(weights, "weights")])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)
    return path


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(OWN_LINES, encoding="utf-8")
    return path


def test_a_model_that_works_is_used_and_named_and_ones_own_lines_stay(
    sokkuri: Run, config: Path, tmp_path: Path, sample_faces: Path
) -> None:
    path = network(tmp_path / "mine.onnx")
    done = sokkuri("models", "add", "mine", "--path", path, "--threshold", "0.5", "--config", config)
    assert (done.returncode, done.stderr) == (0, "")
    text = config.read_text(encoding="utf-8")
    assert text.startswith(OWN_LINES)
    values = tomllib.loads(text)
    assert values["model"] == {"name": "mine"}
    assert values["models"]["mine"] == {
        "preset": "arcface",
        "path": str(path),
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "threshold": 0.5,
    }
    photos = [sample_faces / f"person_{name}.jpg" for name in ("a_1", "a_2")]
    result = json.loads(sokkuri("similar", *photos, "--no-explain", "--json", "--config", config).stdout)
    assert (result["model"], result["metric"], result["threshold"]) == ("mine", "cosine", 0.5)
    listed = json.loads(sokkuri("models", "list", "--json", "--config", config).stdout)["models"]
    assert [(one["name"], one["state"]) for one in listed if one["in_use"]] == [("mine", "ready")]

    done = sokkuri("models", "remove", "mine", "--config", config)
    assert (done.returncode, done.stdout) == (0, f"mine: removed from {config}; sface is in use\n")
    values = tomllib.loads(config.read_text(encoding="utf-8"))
    assert values["model"] == {"name": "sface"}
    assert "models" not in values
    assert config.read_text(encoding="utf-8").startswith(OWN_LINES)


def test_a_blank_line_stands_before_each_new_section(loaded_sokkuri: Run, config: Path, tmp_path: Path) -> None:
    path = network(tmp_path / "mine.onnx")
    assert loaded_sokkuri("models", "add", "mine", "--path", path, "--config", config).returncode == 0
    lines = config.read_text(encoding="utf-8").splitlines()
    for section in ("[model]", "[models.mine]"):
        assert lines[lines.index(section) - 1] == ""
    assert not any(one == two == "" for one, two in pairwise(lines))


def test_what_nobody_measured_comes_from_the_sample_faces_which_is_said_to_be_little(
    loaded_sokkuri: Run, config: Path, tmp_path: Path, sample_faces: Path
) -> None:
    """SFace's own file, as somebody's own: the line lies between the most alike of two faces and the least of one."""
    path = Store(default_folder()).path("face_recognition_sface_2021dec.onnx")
    plain = ("--preset", "arcface", "--path", path)
    done = loaded_sokkuri("models", "add", "mine", *plain, "--config", config)
    assert (done.returncode, done.stderr) == (0, "")
    for words in (
        "60 pairs of two",
        "6 of one",
        "very little",
        "sokkuri evaluate PAIRS.csv --calibrate",
        "plain pixels",
    ):
        assert words in done.stdout
    mine = tomllib.loads(config.read_text(encoding="utf-8"))["models"]["mine"]
    assert mine["percent"]["strangers_median"] < 0.363 < mine["threshold"] < 0.5 < mine["percent"]["same_median"]
    assert mine["strangers"]["pairs"] == 60
    photos = [sample_faces / f"person_{name}.jpg" for name in ("a_1", "a_2")]
    found = [
        json.loads(loaded_sokkuri("similar", *photos, "--no-explain", "--json", *options).stdout)
        for options in (("--config", config), ("--model", "sface"))
    ]
    assert found[0]["score"] == pytest.approx(found[1]["score"], abs=1e-4)  # fed as it wants to be
    assert found[0]["stranger_rank"] > 0.9

    loaded_sokkuri("models", "add", "mine", *plain, "--threshold", "0.4", "--config", config)
    mine = tomllib.loads(config.read_text(encoding="utf-8"))["models"]["mine"]
    assert mine["threshold"] == 0.4 and "percent" not in mine and "strangers" not in mine


def test_what_the_model_section_said_of_another_model_is_kept_with_that_one(
    loaded_sokkuri: Run, config: Path, tmp_path: Path
) -> None:
    config.write_text('[model]\nname = "dlib"\nthreshold = 0.55 # stricter\n', encoding="utf-8")
    path = network(tmp_path / "mine.onnx")
    assert loaded_sokkuri("models", "add", "mine", "--path", path, "--config", config).returncode == 0
    values = tomllib.loads(config.read_text(encoding="utf-8"))
    assert values["model"] == {"name": "mine"}
    assert values["models"]["dlib"] == {"threshold": 0.55}
    assert loaded_sokkuri("models", "use", "dlib", "--config", config).returncode == 0
    values = tomllib.loads(config.read_text(encoding="utf-8"))
    assert values["model"] == {"name": "dlib"}
    assert set(values["models"]) == {"dlib", "mine"}


def test_settings_are_made_where_there_are_none(loaded_sokkuri: Run, tmp_path: Path) -> None:
    config = tmp_path / "new.toml"
    path = network(tmp_path / "mine.onnx")
    assert loaded_sokkuri("models", "add", "mine", "--path", path, "--config", config).returncode == 0
    assert tomllib.loads(config.read_text())["model"] == {"name": "mine"}
    assert config.stat().st_mode & 0o077 == 0  # a token may come to stand in it


def wrong_shape(folder: Path) -> tuple[Path, list[str], list[str]]:
    return network(folder / "wrong.onnx", side=64), [], ["112", "64"]


def wrong_sha256(folder: Path) -> tuple[Path, list[str], list[str]]:
    path = network(folder / "wrong.onnx")
    return path, ["--sha256", "0" * 64], ["0" * 64, hashlib.sha256(path.read_bytes()).hexdigest()]


def no_onnx(folder: Path) -> tuple[Path, list[str], list[str]]:
    path = folder / "wrong.onnx"
    path.write_bytes(b"this is no network")
    return path, [], ["ONNX"]


def refused_by_conversion(folder: Path) -> tuple[Path, list[str], list[str]]:
    return network(folder / "wrong.onnx", activation="Hardmax"), [], ["heatmaps", "Hardmax", "timm checkpoint"]


@pytest.mark.parametrize("wrong", [wrong_shape, wrong_sha256, no_onnx, refused_by_conversion])
def test_a_model_that_does_not_work_leaves_the_settings_as_they_are(
    loaded_sokkuri: Run, config: Path, tmp_path: Path, wrong: object
) -> None:
    path, options, says = wrong(tmp_path)  # type: ignore[operator]
    done = loaded_sokkuri("models", "add", "mine", "--path", path, *options, "--config", config)
    assert done.returncode == 1
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    for part in ("mine", "expected", "wrong.onnx", "remedy", *says):
        assert part in done.stderr
    assert config.read_text(encoding="utf-8") == OWN_LINES


def test_a_state_dict_with_missing_keys(loaded_sokkuri: Run, config: Path, tmp_path: Path) -> None:
    import torch

    path = tmp_path / "half.pth"
    torch.save({"trunk.conv_stem.weight": torch.zeros(32, 3, 3, 3)}, path)
    text = (
        OWN_LINES
        + f"""
[models.half]
preset = "japanese-face-v1"
kind = "timm"
path = "{path}"
"""
    )
    config.write_text(text, encoding="utf-8")
    done = loaded_sokkuri("models", "use", "half", "--config", config)
    assert done.returncode == 1
    for part in ("half", "half.pth", "missing trunk.bn1", "remedy"):
        assert part in done.stderr
    assert config.read_text(encoding="utf-8") == text


def test_a_file_that_was_changed_afterwards_is_refused(
    loaded_sokkuri: Run, config: Path, tmp_path: Path, sample_faces: Path
) -> None:
    path = network(tmp_path / "mine.onnx")
    assert loaded_sokkuri("models", "add", "mine", "--path", path, "--config", config).returncode == 0
    network(path, width=17)
    done = loaded_sokkuri("similar", *[sample_faces / "person_a_1.jpg"] * 2, "--config", config)
    assert done.returncode == 1
    assert "sha256" in done.stderr
    assert "sokkuri models add mine" in done.stderr


def test_weights_that_stand_in_another_file_which_no_sha256_covers_are_refused(
    loaded_sokkuri: Run, config: Path, tmp_path: Path
) -> None:
    parts = tmp_path / "parts.onnx"
    model = onnx.load(network(tmp_path / "whole.onnx"))
    onnx.save(model, parts, save_as_external_data=True, location="parts.data", size_threshold=0)
    done = loaded_sokkuri("models", "add", "mine", "--path", parts, "--config", config)
    assert done.returncode == 1
    for part in ("mine", "sha256", "stand elsewhere", "remedy"):
        assert part in done.stderr
    assert config.read_text(encoding="utf-8") == OWN_LINES

    onnx.save(onnx.load(parts), parts)
    assert loaded_sokkuri("models", "add", "mine", "--path", parts, "--config", config).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("add", "mine", "--path", "nothing.onnx"), "nothing.onnx"),
        (("use", "nonesuch"), "nonesuch"),
        (("remove", "dlib"), "dlib"),
        (("add", "mine", "--path", ".", "--preset", "nonesuch"), "nonesuch"),
    ],
)
def test_wrong_usage(loaded_sokkuri: Run, config: Path, arguments: tuple[str, ...], says: str) -> None:
    done = loaded_sokkuri("models", *arguments, "--config", config)
    assert done.returncode == 2
    assert says in done.stderr
    assert config.read_text(encoding="utf-8") == OWN_LINES
