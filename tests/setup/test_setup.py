"""`python -m setup` with the real pip, in an environment of its own, from indexes on the loopback address."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import indexes
import pytest
from packaging.requirements import Requirement

from setup import packages

ROOT = Path(__file__).resolve().parents[2]
TAG = "cp{}{}".format(*sys.version_info)
TAGS = f"{TAG}-{TAG}-linux_{os.uname().machine}"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is one build of torch")


class Environment:
    """A virtual environment that knows no index but those it is given."""

    def __init__(self, folder: Path) -> None:
        venv.create(folder, with_pip=True, symlinks=True)
        self.python = folder / "bin" / "python"
        (self.site,) = folder.glob("lib/python3*/site-packages")
        self._before = set(self.site.iterdir())

    def empty(self) -> None:
        """Delete all that was not there in the beginning."""
        for entry in set(self.site.iterdir()) - self._before:
            shutil.rmtree(entry)

    def setup(self, *step: str, **variables: str) -> subprocess.CompletedProcess[str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "PYTHON", "TORCH"))}
        return subprocess.run(
            [self.python, "-m", "setup", *step],
            cwd=ROOT,
            env=kept | {"PIP_CONFIG_FILE": os.devnull, "PIP_RETRIES": "0", **variables},
            capture_output=True,
            text=True,
            check=False,
        )

    def installed(self) -> Mapping[str, str]:
        listed = {one.name.partition(".dist-info")[0] for one in self.site.glob("*.dist-info")}
        return dict(name.split("-", 1) for name in listed)  # type: ignore[misc]


@pytest.fixture(scope="module")
def only_environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    return Environment(tmp_path_factory.mktemp("environment"))


@pytest.fixture
def environment(only_environment: Environment) -> Environment:
    only_environment.empty()
    return only_environment


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What pip's usual index has."""
    folder = tmp_path_factory.mktemp("usual")
    pins = packages.pins()
    return indexes.pages_of(*(indexes.wheel(folder, name, pins[name], TAGS) for name in packages.needing_torch()))


@pytest.fixture(scope="module")
def cpu(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What PyTorch's index of CPU builds has."""
    folder = tmp_path_factory.mktemp("cpu")
    pins = packages.pins()
    names = ("torch", "torchvision")
    return indexes.pages_of(*(indexes.wheel(folder, name, f"{pins[name]}+cpu", TAGS) for name in names))


def test_pip_takes_the_cpu_build_from_the_index_that_has_it(
    environment: Environment, usual: dict[str, bytes], cpu: dict[str, bytes]
) -> None:
    with indexes.serving(usual) as ordinary, indexes.serving(cpu) as index:
        done = environment.setup("torch", "--seconds=60", PIP_INDEX_URL=ordinary, TORCH_INDEX=index, TORCH="cpu")
    assert done.returncode == 0, done.stderr
    pins = packages.pins()
    assert f"Installing torch {pins['torch']}+cpu from {index}" in done.stdout
    assert done.stdout.splitlines()[-1] == f"Installed torch {pins['torch']}+cpu."
    assert environment.installed().items() >= {
        ("torch", f"{pins['torch']}+cpu"),
        ("torchvision", f"{pins['torchvision']}+cpu"),
        ("timm", pins["timm"]),
        ("onnx2torch", pins["onnx2torch"]),
    }


def test_an_index_that_says_nothing_is_left_alone(environment: Environment, usual: dict[str, bytes]) -> None:
    with indexes.serving(usual) as ordinary, indexes.silent() as index:
        done = environment.setup("torch", PIP_INDEX_URL=ordinary, TORCH_INDEX=index, TORCH="cpu")
    assert done.returncode == 0, done.stderr
    assert f"{index} did not answer within 3 seconds." in done.stdout
    assert environment.installed()["torch"] == packages.pins()["torch"]


def test_a_cpu_build_that_pip_itself_is_set_up_to_find(
    environment: Environment, usual: dict[str, bytes], tmp_path: Path
) -> None:
    (tmp_path / "wheels").mkdir()
    indexes.wheel(tmp_path / "wheels", "torch", f"{packages.pins()['torch']}+cpu", TAGS)
    with indexes.serving(usual) as ordinary:
        found = {"PIP_INDEX_URL": ordinary, "PIP_FIND_LINKS": str(tmp_path / "wheels")}
        done = environment.setup("torch", "--unless-large", TORCH="cpu", TORCH_INDEX="", **found)
    assert done.returncode == 0, done.stderr
    assert environment.installed()["torch"] == f"{packages.pins()['torch']}+cpu"


def test_only_a_build_with_cuda_waits_until_it_is_needed(environment: Environment, usual: dict[str, bytes]) -> None:
    with indexes.serving(usual) as ordinary, indexes.silent() as index:
        settings = {"PIP_INDEX_URL": ordinary, "TORCH_INDEX": index, "TORCH": "cpu"}
        done = environment.setup("torch", "--unless-large", **settings)
        assert done.returncode == 0, done.stderr
        assert f"{index} did not answer within 3 seconds." in done.stdout
        assert "about 3 GB to download" in done.stdout
        assert "torch" not in environment.installed()


def test_what_is_installed_is_not_asked_for_again(environment: Environment, usual: dict[str, bytes]) -> None:
    asked: list[tuple[str, str, str | None]] = []
    with indexes.serving(usual, asked) as ordinary:
        for _ in range(2):
            done = environment.setup("torch", PIP_INDEX_URL=ordinary, TORCH_INDEX="")
            assert done.returncode == 0, done.stderr
            if not done.stdout:
                break
            asked.clear()
    assert (done.stdout, asked) == ("", [])


def test_a_torch_that_cannot_be_imported_is_not_installed(environment: Environment, tmp_path: Path) -> None:
    pins = packages.pins()
    broken = b"raise OSError('libtorch.so: file too short')"
    wheels = [indexes.wheel(tmp_path, name, pins[name], TAGS, broken) for name in packages.needing_torch()]
    with indexes.serving(indexes.pages_of(*wheels)) as ordinary:
        done = environment.setup("torch", PIP_INDEX_URL=ordinary, TORCH_INDEX="")
    assert done.returncode == 0
    assert "torch could not be installed: it cannot be imported: OSError: libtorch.so: file too short" in done.stderr
    assert "torch" not in environment.installed()  # `make torch` is to try again


def test_without_torch_the_set_up_goes_on_and_says_what_to_do(environment: Environment) -> None:
    rest = environment.site / "torch" / "lib"
    rest.mkdir(parents=True)  # what a full disk leaves behind
    with indexes.serving({}) as ordinary:
        done = environment.setup("torch", PIP_INDEX_URL=ordinary, TORCH_INDEX="")
    assert done.returncode == 0
    assert "torch could not be installed: ERROR: " in done.stderr
    assert "`make torch`" in done.stderr
    assert "Traceback" not in done.stderr
    assert not rest.parent.exists()


def test_an_unknown_build(environment: Environment) -> None:
    done = environment.setup("torch", TORCH="rocm")
    assert done.returncode == 1
    assert done.stderr == "TORCH is rocm; it can be cpu or cuda.\n"


def test_the_list_of_what_needs_torch_is_whole() -> None:
    """Forgetting one would bring torch with the libraries that are installed without it."""
    for name in packages.needing_torch():
        assert "torch" in brought_by(name), name
    for requirement in packages.without_torch():
        assert "torch" not in brought_by(Requirement(requirement).name), requirement


def brought_by(name: str) -> set[str]:
    """The library and all that it requires, by their metadata."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        one = waiting.pop()
        if one in found:
            continue
        found.add(one)
        try:
            required = distribution(one).requires or []
        except PackageNotFoundError:  # for another Python or system
            continue
        for line in required:
            requirement = Requirement(line)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                waiting.append(requirement.name)
    return found
