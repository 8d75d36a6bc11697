"""`sokkuri doctor`: each thing made missing on purpose is named, with its remedy."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import onnxruntime
import pytest
from program import Run

from bot.config import Settings
from cli import checks
from cli.checks import Finding
from core.models.device import CUDA
from core.models.store import default_folder
from words.locales import LANGUAGES


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOKKURI_TOKEN", raising=False)


def only(findings: list[Finding], state: str) -> list[Finding]:
    return [finding for finding in findings if finding.state == state]


def test_python() -> None:
    assert [one.state for version in ((3, 11, 0), (3, 13, 9)) for one in checks.python(version)] == ["ok", "ok"]
    for version in ((3, 10, 14), (3, 14, 0)):
        (finding,) = checks.python(version)
        assert finding.state == "missing"
        assert "3.11" in finding.remedy


def test_a_missing_library_is_named_with_its_package() -> None:
    def load(name: str) -> None:
        if name == "libGLESv2.so.2":
            raise OSError(f"{name}: cannot open shared object file")

    (missing,) = only(list(checks.libraries(load, "linux")), "missing")
    assert "libGLESv2.so.2" in missing.found
    assert missing.remedy == "apt-get install libgles2"


def test_libraries_of_this_machine(sokkuri: Run) -> None:
    done = sokkuri("doctor", "--check", "libraries")
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("OK") == len(checks.LIBRARIES)


def test_a_package_that_is_absent_and_one_that_kills_its_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "crashing.py").write_text("import os\nos.abort()\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    findings = list(checks.packages(("json", "nonesuch", "crashing")))
    assert [finding.state for finding in findings] == ["ok", "missing", "missing"]
    assert "No module named 'nonesuch'" in findings[1].found
    assert "status -6" in findings[2].found
    assert all("pip install" in finding.remedy for finding in findings[1:])


def test_no_models(sokkuri: Run, tmp_path: Path) -> None:
    env = {"SOKKURI_MODEL_FOLDER": str(tmp_path / "nothing")}
    done = sokkuri("doctor", "--check", "models", "--check", "workers", "--json", env=env)
    assert (done.returncode, done.stderr) == (1, "")
    answer = json.loads(done.stdout)
    assert answer["ok"] is False
    missing = [check for check in answer["checks"] if check["state"] == "missing"]
    assert [Path(check["found"].split(":")[0]).name for check in missing] == [
        "face_landmarker.task",
        "centerface.onnx",
        "face_recognition_sface_2021dec.onnx",
    ]
    assert {check["remedy"] for check in missing} == {"sokkuri models get"}
    assert not (tmp_path / "nothing").exists()  # looking fetches nothing


def test_a_damaged_model(sokkuri: Run, tmp_path: Path) -> None:
    assert sokkuri("models", "get").returncode == 0
    folder = tmp_path / "models"
    shutil.copytree(default_folder(), folder)
    file = folder / "face_landmarker.task"
    file.write_bytes(bytes(file.stat().st_size))
    done = sokkuri("doctor", "--check", "models", env={"SOKKURI_MODEL_FOLDER": str(folder)})
    assert done.returncode == 1
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("FAIL")]
    assert "face_landmarker.task: wrong hash -> sokkuri models get" in line


def test_a_model_of_ones_own_that_is_not_there() -> None:
    own = {"name": "custom", "path": "/nowhere/face.onnx", "input_size": 112, "threshold": 0.4}
    (missing,) = only(list(checks.models(Settings(model=own))), "missing")
    assert "/nowhere/face.onnx" in missing.found
    (wrong,) = checks.models(Settings(model={**own, "input_size": -3}))
    assert "input_size" in wrong.found
    assert "[model]" in wrong.remedy


def test_wrong_settings(sokkuri: Run, tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("[limits]\npixel = 3\n")
    done = sokkuri("doctor", "--check", "settings", "--check", "models", "--config", file)
    assert done.returncode == 1
    (line,) = done.stdout.splitlines()
    assert line.startswith("FAIL")
    assert "did you mean pixels" in line


def test_no_token_is_named_but_needed_only_on_discord(sokkuri: Run) -> None:
    done = sokkuri("doctor", "--check", "token")
    assert done.returncode == 0
    (line,) = done.stdout.splitlines()
    assert "not set" in line
    assert checks.PORTAL in line


def test_a_token_is_named_and_not_shown(sokkuri: Run) -> None:
    done = sokkuri("doctor", "--check", "token", env={"SOKKURI_TOKEN": "abc.def.ghi"})
    assert done.returncode == 0
    assert "--online" in done.stdout
    assert "abc.def" not in done.stdout + done.stderr


def test_languages(sokkuri: Run, tmp_path: Path) -> None:
    (tmp_path / "eo.ftl").write_text("stop = Haltigi\n", encoding="utf-8")
    env = {"SOKKURI_LOCALES_FOLDER": str(tmp_path)}
    done = sokkuri("doctor", "--check", "languages", env=env)
    state, check, *codes = done.stdout.replace(",", "").split()
    assert (done.returncode, state, check) == (0, "OK", "languages")
    assert set(codes) == {*LANGUAGES, "eo"}
    assert "eo.ftl: said in English: " in done.stderr
    (tmp_path / "french.ftl").touch()
    done = sokkuri("doctor", "--check", "languages", env=env)
    assert done.returncode == 1
    assert "french.ftl" in done.stdout


def test_a_worker_that_cannot_load_its_model(sokkuri: Run, tmp_path: Path) -> None:
    broken = tmp_path / "face.onnx"
    broken.write_bytes(b"no onnx at all")
    file = tmp_path / "config.toml"
    file.write_text(f'[model]\nname = "custom"\npath = "{broken}"\ninput_size = 112\nthreshold = 0.4\n')
    done = sokkuri("doctor", "--check", "workers", "--config", file)
    assert done.returncode == 1
    assert str(broken) in done.stdout


def test_resources(tmp_path: Path) -> None:
    assert only(list(checks.resources(Settings(workers={"count": 1}))), "ok")
    (missing,) = only(list(checks.resources(Settings(workers={"count": 100_000}))), "missing")
    assert "memory" in missing.found
    assert "count" in missing.remedy
    assert checks.memory(tmp_path) is None
    for file, text in {
        "proc/meminfo": "MemTotal: 9000000 kB\nMemAvailable: 8000000 kB\n",
        "sys/fs/cgroup/memory.max": "max\n",
        "sys/fs/cgroup/memory.current": "100000000\n",
    }.items():
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(text)
    assert checks.memory(tmp_path) == 8192
    (tmp_path / "sys/fs/cgroup/memory.max").write_text("500000000\n")
    assert checks.memory(tmp_path) == 400


@pytest.mark.parametrize("named_by", ["option", "environment", "folder"])
def test_a_token_that_other_accounts_can_read(sokkuri: Run, tmp_path: Path, named_by: str) -> None:
    file = (tmp_path / "elsewhere" if named_by == "folder" else tmp_path) / "config.toml"
    file.write_text('[discord]\ntoken = "s3cret"\n')
    file.chmod(0o644)
    arguments = ["--config", file] if named_by == "option" else []
    env = {"SOKKURI_CONFIG": str(file)} if named_by == "environment" else {}
    done = sokkuri("doctor", "--check", "settings", *arguments, env=env)
    first, second = done.stdout.splitlines()
    assert (done.returncode, first.split()[0]) == (0, "OK")
    path = file if named_by != "folder" else "config.toml"
    assert second == (
        f"WARN settings    {path} holds the token, and its mode 0644 lets other accounts read it -> chmod 600 {path}"
    )
    assert "s3cret" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("text", "mode", "platform", "warns"),
    [
        ('[discord]\ntoken = "s3cret"', 0o640, "linux", True),
        ('[discord]\ntoken = "s3cret"', 0o604, "darwin", True),
        ('[discord]\ntoken = "s3cret"', 0o600, "linux", False),
        ('[discord]\ntoken = "s3cret"', 0o666, "win32", False),
        ('[discord]\ntoken = ""', 0o644, "linux", False),
        ("[discord]\nshards = 2", 0o644, "linux", False),
        ("", 0o644, "linux", False),
    ],
)
def test_a_settings_file_is_warned_of_only_for_its_token(
    tmp_path: Path, text: str, mode: int, platform: str, warns: bool
) -> None:
    file = tmp_path / "my config.toml"
    file.write_text(text)
    file.chmod(mode)
    found = list(checks.settings_file(file, platform))
    assert [one.state for one in found] == ["note"] * warns
    assert [one.remedy for one in found] == [f"chmod 600 '{file}'"] * warns
    assert not list(checks.settings_file(tmp_path / "none.toml", platform))


def test_everything_at_once(sokkuri: Run) -> None:
    assert sokkuri("models", "get").returncode == 0
    done = sokkuri("doctor", "--json")
    answer = json.loads(done.stdout)
    assert (done.returncode, answer["ok"], done.stderr) == (0, True, ""), done.stdout
    assert {check["name"] for check in answer["checks"]} == {
        *("python", "libraries", "packages", "settings", "models", "workers", "languages", "token", "resources")
    }


@pytest.mark.skipif(CUDA in onnxruntime.get_available_providers(), reason="this onnxruntime knows CUDA")
def test_a_gpu_that_there_is_not(sokkuri: Run) -> None:
    done = sokkuri("doctor", "--check", "workers", env={"SOKKURI_WORKERS__DEVICE": "cuda"})
    assert done.returncode == 0, done.stdout
    assert done.stdout.startswith("WARN workers")
    assert "not all on a GPU: this build of onnxruntime knows none: install onnxruntime-gpu" in done.stdout
