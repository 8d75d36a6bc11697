"""The type of everything that people do with the bot: a command, a click, a choice in a menu."""

from __future__ import annotations

from typing import Any

import discord

Interaction = discord.Interaction[Any]
"""discord.py's own class, for any client."""
