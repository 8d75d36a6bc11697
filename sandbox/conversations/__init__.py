"""Conversations as files: what people did in the sandbox, recorded so that it can be replayed.

A file holds one JSON object per line. The first line says what the file is:

    {"conversation": 1, "samples": true}

`samples`: whether the sample threads were there (`sandbox.samples`). Every further line is something that a person did:

| `do` | with |
| --- | --- |
| `post` | `content`, `files`; `reply_to` or `forward`: a message |
| `open_thread` | `name` |
| `slash` | `command`, `options` by name |
| `message_command`, `user_command` | `command`, `message` or `person` |
| `click`, `select` | `message`, `component`, `values` |
| `submit` | `form`: the `id` of the line that opened it; `texts` |
| `conditions` | `conditions` that differ from the defaults, see `sandbox.conditions` |

Each line has an `id`, and says `who` did it, in which `locale` and in which channel (`in`). `answer` shows people what
the bot replied. Discord's own ids differ from run to run, so lines refer to things by name and order:

- a channel or thread by its name; `@Kei` is Kei's direct messages, and `faces (2)` the second of that name;
- a file by its path relative to the recording: `{"file": "talk.files/a.jpg", "name": "a.jpg"}`. It is in `talk.files`
  next to `talk.jsonl`, or one of the sample faces;
- a message by the line that made it, `{"id": 3}` (`{"id": 3, "further": 1}` is the first one after the reply), or by
  its position in a channel, `{"in": "faces", "number": 2}`;
- a component by its number among those of the message that can be used.
"""

from sandbox.conversations.lines import Unplayable
from sandbox.conversations.player import Player
from sandbox.conversations.recorder import Recorder

__all__ = ["Player", "Recorder", "Unplayable"]
