"""A machine on which torch is not installed: everything works but what needs it, and that is refused in words."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from running import FACES, ROOT, answer, face, running

from core.models.store import Store, default_folder
from sandbox import Sandbox
from words.locales import load

WITHOUT_TORCH = {"PYTHONPATH": f"{ROOT / 'tests' / 'without_torch'}:{ROOT}"}


ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("SOKKURI_")} | WITHOUT_TORCH


def sokkuri(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """The command line on such a machine."""
    main = "from cli.main import main; main()"
    command = [sys.executable, "-c", main, *arguments]
    return subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=False)


async def test_the_bot_answers_everything_but_heatmaps_by_gradients(tmp_path: Path) -> None:
    photos = {"photo1": face("person_a_1.jpg"), "photo2": face("person_b_1.jpg")}
    async with (
        Sandbox() as sandbox,
        running(sandbox, tmp_path, environment=WITHOUT_TORCH, WORKERS__HEATMAPS="true") as bot,
    ):
        for command, options in (
            ("similar", photos),
            ("lookalikes", photos),
            ("average", photos),
            ("gradcam", {"photo": face("person_a_1.jpg")}),
        ):
            assert (await answer(await sandbox.slash(command, options))).files, command
        for method in ("layercam", "scorecam"):
            for locale in ("en-US", "ja"):
                chosen = {"photo": face("person_a_1.jpg"), "method": method}
                refused = await answer(await sandbox.slash("gradcam", chosen, locale=locale))
                assert refused.text == load().of(locale).text("error-method-not-installed")
                assert not refused.files
        await bot.stop()
        log = bot.log.read_text()
        assert "Traceback" not in log
        assert "ERROR" not in log
    assert not sandbox.refusals


def test_doctor_warns_and_says_what_to_do() -> None:
    done = sokkuri("doctor", "--json")
    checks = json.loads(done.stdout)["checks"]
    assert done.returncode == 0, done.stdout
    (warned,) = [check for check in checks if check["name"] == "packages" and check["state"] != "ok"]
    assert warned["state"] == "note"
    assert "torch is not installed" in warned["found"]
    assert "make torch" in warned["remedy"]
    assert [check["found"] for check in checks if check["name"] == "workers"] == [
        "a worker started and loaded the models"
    ]


def test_the_command_line_says_it_in_one_line(tmp_path: Path) -> None:
    photo = FACES / "person_a_1.jpg"
    done = sokkuri("gradcam", photo, "--method", "layercam", "--out", tmp_path / "out.png")
    assert done.returncode == 3
    assert done.stderr.count("\n") == 1
    assert "not installed" in done.stderr
    done = sokkuri("gradcam", photo, "--out", tmp_path / "out.png")
    assert (done.returncode, (tmp_path / "out.png").exists()) == (0, True), done.stderr


@pytest.mark.parametrize(
    ("name", "convert"),
    [
        ("face_recognition_sface_2021dec.onnx", "from core.models.onnx_graph import rewrite as convert"),
        ("dlib_face_recognition_resnet_model_v1.dat", "from core.models.dlib_resnet.graph import convert"),
    ],
)
def test_networks_are_converted(tmp_path: Path, name: str, convert: str) -> None:
    source = Store(default_folder()).path(name)
    python(
        f"from pathlib import Path; {convert}",
        f"convert(Path({str(source)!r}), Path({str(tmp_path / 'graph.onnx')!r}))",
    )
    assert (tmp_path / "graph.onnx").stat().st_size > 20_000_000


def test_a_network_that_runs_in_torch_names_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "state.pt").write_bytes(b"never read")
    overrides = {"kind": "timm", "path": str(tmp_path / "state.pt")}
    said = python(
        "from pathlib import Path; from core.models import loading",
        "from core.contracts import ModelChoice, TorchMissing",
        f"try: loading.load(ModelChoice('japanese-face-v1', {overrides!r}), Path({str(tmp_path)!r}), threads=1)",
        "except TorchMissing as error: print(error.detail)",
    )
    assert "remedy: `make torch`" in said


def python(*lines: str) -> str:
    """What these lines print on such a machine."""
    return subprocess.run(
        [sys.executable, "-c", "\n".join(lines)], env=ENVIRONMENT, capture_output=True, text=True, check=True
    ).stdout
