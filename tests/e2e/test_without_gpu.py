"""A bot whose workers are to use a GPU, where there is none: it works all the same, and says so once."""

from __future__ import annotations

from pathlib import Path

import onnxruntime
import pytest
from running import answer, face, running

from core.models.device import CUDA
from sandbox import Sandbox


@pytest.mark.skipif(CUDA in onnxruntime.get_available_providers(), reason="this onnxruntime knows CUDA")
async def test_without_a_gpu_the_processor_does_it_and_the_log_says_so_once(tmp_path: Path) -> None:
    async with Sandbox() as sandbox, running(sandbox, tmp_path, WORKERS__DEVICE="cuda") as bot:
        await bot.log_shows("install onnxruntime-gpu")
        for method in ("occlusion", "layercam"):
            options = {"photo": face("person_a_1.jpg"), "method": method}
            assert (await answer(await sandbox.slash("gradcam", options))).files
        await bot.stop()
        assert (
            bot.log.read_text().count("WARNING bot.workers.devices: workers.device is cuda, but not all runs on a GPU")
            == 1
        )
        assert bot.log.read_text().count("GPU") == 1
    assert not sandbox.refusals
