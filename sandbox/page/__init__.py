"""The sandbox as a page: the chat that a person sees and uses in a browser.

`static/` is the page itself, plain ES modules and style sheets; the modules here are its server side. All addresses
except those of files start with the page's own, which is secret (sandbox.guard), and are relative to it. The two sides
exchange JSON over one WebSocket, `socket?user=...&locale=...` (both optional). Messages, channels, people and commands
look as in Discord's API, except that files have addresses of this server.

The server sends, a snapshot first:

| type | with | when |
| --- | --- | --- |
| `snapshot` | everything that `View.snapshot` returns | on connecting, and after `whoami` |
| `message` | `message` | there is a new message, or a new version of one |
| `deleted` | `channel`, `message` | a message was deleted |
| `thread` | `channel` | a channel or thread is new or changed |
| `bot` | `bot`: `ready`, `commands`, `offered` (command ids by channel) | it connected, left or set commands |
| `invocation` | `invocation`, `state` (`acknowledged`, `failed`), `seconds`, `modal` | the bot responded or was late |
| `trace` | `entry`: an `Entry` of sandbox.trace | there was traffic between bot and sandbox |
| `faults` | `faults`: `Conditions` of sandbox.conditions | the conditions were changed |
| `done`, `refused` | `id` of the request, and its result; or `why` in words, and `code` | in response to each request |

The page sends requests, each with an `id` of its own:

| type | with | result |
| --- | --- | --- |
| `whoami` | `user`, `locale`, or whichever of them changes | a snapshot |
| `slash` | `channel`, `command`, `options` by name (files as uploads, people and places as ids) | `invocation` |
| `autocomplete` | the same and `typing`, the option with the focus | `choices` |
| `message_command` | `channel`, `message`, `name` | `invocation` |
| `user_command` | `channel`, `user`, `name` | `invocation` |
| `click` | `channel`, `message`, `custom_id` | `invocation` |
| `select` | the same and `values` | `invocation` |
| `submit` | `invocation` that opened the form, `texts` by custom id | `invocation` |
| `post` | `channel`, `content`, `files` (uploads) | |
| `open_thread` | `channel`, `name` | `channel` |
| `faults` | `faults`: those `Conditions` that change | |
| `drop_gateway` | | |

Files are sent first, each as the body of `POST uploads?name=NAME`, which responds `{"upload": ...}`. They wait in
memory until a request uses them.
"""

from sandbox.page.routes import Page

__all__ = ["Page"]
