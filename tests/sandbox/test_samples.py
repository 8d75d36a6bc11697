"""The people of the samples have faces."""

from __future__ import annotations

import aiohttp

from sandbox import samples


async def test_everybody_has_a_face_of_their_own(sandbox) -> None:
    await samples.fill(sandbox)
    avatars = set()
    async with aiohttp.ClientSession() as session:
        for user in sandbox.people.values():
            async with session.get(f"{sandbox.cdn.root}/avatars/{user.id}/{user.avatar_hash}.png") as answer:
                assert (answer.status, answer.content_type) == (200, "image/jpeg")
                avatars.add(await answer.read())
    assert len(avatars) == len(sandbox.people) == 3
