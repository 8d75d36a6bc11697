"""What those see who look after the bot, and the bot with its workers in a cluster."""

from __future__ import annotations

import asyncio
import json
import re
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import cluster
import pytest
from running import PATIENCE, SHORT, answer, face, running

from sandbox import Sandbox

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox() as sandbox:
        yield sandbox


def dashboard() -> list[str]:
    """All that Grafana asks Prometheus."""
    file = ROOT / "deploy" / "cluster" / "grafana" / "dashboards" / "sokkuri.json"
    return [target["expr"] for panel in json.loads(file.read_text())["panels"] for target in panel.get("targets", ())]


async def test_figures_tell_what_was_done_and_nothing_of_whom(sandbox: Sandbox, tmp_path: Path) -> None:
    async with running(sandbox, tmp_path, WORKERS__COUNT="2") as bot:
        await bot.healthy()
        photo = face("person_a_1.jpg")
        assert (await answer(await sandbox.slash("gradcam", {"photo": photo}))).files
        await answer(await sandbox.slash("gradcam", {"photo": face("person_b_1.jpg"), "method": "eigencam"}))
        await bot.work_begins(working=0, requests=0)
        figures = await bot.metrics()
        assert figures['sokkuri_requests_total{command="gradcam",outcome="done"}'] == 2
        assert figures['sokkuri_requests_started_total{command="gradcam"}'] == 2
        assert figures['sokkuri_stage_seconds_count{command="gradcam",stage="work"}'] == 2
        assert figures["sokkuri_acknowledgement_seconds_count"] == 2
        assert figures["sokkuri_photo_bytes_count"] == 2
        assert figures["sokkuri_photo_bytes_sum"] >= len(photo.data)
        assert figures['sokkuri_model_info{name="sface"}'] == 1
        assert figures["sokkuri_connected"] == figures["sokkuri_workers_ready"] - 1 == 1
        assert not re.search(r"\d{15}", " ".join(figures))  # no id of Discord's
        for question in dashboard():
            labels = set(re.findall(r'(\w+)!?="', question)).union(*re.findall(r"by \((\w+)(?:, (\w+))?\)", question))
            for name in re.findall(r"sokkuri_\w+", question):
                series = [set(re.findall(r'(\w+)="', figure)) for figure in figures if re.match(rf"{name}\b", figure)]
                assert any(labels - {""} <= found for found in series), question
        bot.freeze()
        assert (await bot.health())[0] == 200
        assert await bot.stop() == 0


async def test_alive_is_not_ready_while_there_is_no_worker(sandbox: Sandbox, tmp_path: Path) -> None:
    nowhere = f"tcp://127.0.0.1:{cluster.free_port()}"
    settings = {"WORKERS__ENGINE": "dask", "DASK__SCHEDULER": nowhere, "WORKERS__START_SECONDS": "1"}
    async with running(sandbox, tmp_path, **settings) as bot:
        assert (await bot.health())[0] == 200
        assert (await bot.health("readyz"))[0] == 503
        reply = await answer(await sandbox.slash(*SHORT))
        assert "(Request " in reply.text  # an apology, and an id
        assert await bot.stop() == 0


async def test_workers_in_a_cluster_answer_as_those_at_hand(sandbox: Sandbox, tmp_path: Path) -> None:
    port = cluster.free_port()
    settings = {"WORKERS__ENGINE": "dask", "DASK__SCHEDULER": f"tcp://127.0.0.1:{port}"}
    settings["WORKERS__DEADLINE_SECONDS"] = str(PATIENCE)
    async with (
        cluster.scheduler(tmp_path, port),
        cluster.worker(tmp_path, port) as worker,
        running(sandbox, tmp_path, **settings) as bot,
    ):
        await bot.healthy()
        asked = {"photo1": face("person_a_1.jpg"), "photo2": face("person_b_1.jpg")}
        reply = await answer(await sandbox.slash("similar", asked))
        assert reply.files, (reply.text, bot.log.read_text(), worker.log)
        await worker.end()
        async with cluster.worker(tmp_path, port, "a new one"):
            await bot.healthy()
            assert (await answer(await sandbox.slash("similar", asked))).files
        assert not bot.workers()
        bot.process.send_signal(signal.SIGUSR1)
        async with asyncio.timeout(PATIENCE):
            while not bot.modules.exists():
                await asyncio.sleep(0.02)
        loaded = bot.modules.read_text().split()
        assert "distributed" in loaded
        assert not {"numpy", "cv2", "PIL", "torch", "onnxruntime", "mediapipe"} & set(loaded)
        assert await bot.stop() == 0
