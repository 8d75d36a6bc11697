"""A conversation as a file: what people did in the sandbox, written down to be done again.

JSON, one object a line. The first line says what the file is:

    {"conversation": 1, "samples": true}

`samples`: the sample threads were there (`sandbox.samples`). Every further line is something that a person did:

| `do` | with |
| --- | --- |
| `post` | `content`, `files`; `reply_to` or `forward`: a message |
| `open_thread` | `name` |
| `slash` | `command`, `options` by name |
| `message_command`, `user_command` | `command`, `message` or `person` |
| `click`, `select` | `message`, `component`, `values` |
| `submit` | `form`: the `id` of the line that opened it; `texts` |
| `conditions` | `conditions` that are not as usual, see `sandbox.conditions` |

Each has an `id`, and `who` did it in which `locale` and place (`in`); what the bot answered stands under `answer`, for
readers. Discord's own ids differ from run to run, so things go by name and order: a place by its name (`@Kei` is Kei's
direct conversation; of several with one name the second is `faces (2)`), a file by its path from here
(`{"file": "talk.files/a.jpg", "name": "a.jpg"}`; it lies in `talk.files` beside `talk.jsonl`, or is one of the
checkout's sample faces), a message by what made it (`{"id": 3}`; `{"id": 3, "further": 1}`
is the first that followed the answer) or by where it stands (`{"in": "faces", "number": 2}`), and a component by its
number among those of the message that can be used.
"""

from sandbox.conversations.lines import Unplayable
from sandbox.conversations.player import Player
from sandbox.conversations.recorder import Recorder

__all__ = ["Player", "Recorder", "Unplayable"]
