"""The sandbox as a page: what a person sees of a chat, and does in it, in a browser.

`static/` is the page itself, plain ES modules and style sheets; the rest is its other half on this side. All addresses
but those of files begin with the page's own, which is secret (sandbox.guard), and are relative to it. Between them
goes JSON over one WebSocket, `socket?user=...&locale=...` (both may be left out). Messages, channels, people and
commands look as in Discord's API, but that files lie at addresses of this server.

From the server, a snapshot first:

| type | with | when |
| --- | --- | --- |
| `snapshot` | all that `View.snapshot` makes | on connecting, and after `whoami` |
| `message` | `message` | a message is there, or a new version of it |
| `deleted` | `channel`, `message` | a message is gone |
| `thread` | `channel` | a channel or thread is new or changed |
| `bot` | `bot`: `ready`, `commands`, `offered` (ids of commands by channel) | it came, went, or registered commands |
| `invocation` | `invocation`, `state` (`acknowledged`, `failed`), `seconds`, `modal` | what became of a click |
| `trace` | `entry`: an `Entry` of sandbox.trace | something passed between bot and sandbox |
| `faults` | `faults`: `Conditions` of sandbox.conditions | something goes wrong on purpose, or no longer |
| `done`, `refused` | `id` of the request, and what it brought; `why` in words, `code` | the answer to each request |

From the page, each with an `id` of its own:

| type | with | brings |
| --- | --- | --- |
| `whoami` | `user`, `locale`, or the one of them that changes | a snapshot |
| `slash` | `channel`, `command`, `options` by name (files as uploads, people and places as ids) | `invocation` |
| `autocomplete` | the same and `typing`, the option at hand | `choices` |
| `message_command` | `channel`, `message`, `name` | `invocation` |
| `user_command` | `channel`, `user`, `name` | `invocation` |
| `click` | `channel`, `message`, `custom_id` | `invocation` |
| `select` | the same and `values` | `invocation` |
| `submit` | `invocation` that opened the form, `texts` by custom id | `invocation` |
| `post` | `channel`, `content`, `files` (uploads) | |
| `open_thread` | `channel`, `name` | `channel` |
| `faults` | `faults`: those `Conditions` that change | |
| `drop_gateway` | | |

A file goes first, as the body of `POST uploads?name=NAME`, which answers `{"upload": ...}`; it waits in memory
until a request takes it.
"""

from sandbox.page.routes import Page

__all__ = ["Page"]
