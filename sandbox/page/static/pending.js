// Commands that were sent: each keeps a place in the list until the bot responds.
import { announce, avatar, el, icon } from "./dom.js";
import { dots, ephemeral, reference } from "./message.js";
import { personName, store } from "./store.js";
import { t } from "./words.js";

// By invocation: {channel, command, failed, node}.
const pending = new Map();

export function clear() {
  pending.clear();
}

// Returns a node for the command, or null if its answer has arrived already.
export function add({ invocation, command }) {
  const messages = store.messages.get(store.here);
  if ([...messages.values()].some((message) => message.interaction?.id === invocation)) return null;
  pending.set(invocation, { channel: store.here, command, failed: false, node: null });
  return wait(invocation);
}

export function nodesHere() {
  return [...pending].filter(([, { channel }]) => channel === store.here).map(([invocation]) => wait(invocation));
}

export function settle({ invocation, state }) {
  const entry = pending.get(invocation);
  if (!entry) return;
  if (state !== "failed") return forget(invocation);
  entry.failed = true;
  entry.node?.replaceWith(wait(invocation));
  announce(t("not.responded"));
}

export function forget(invocation) {
  pending.get(invocation)?.node?.remove();
  pending.delete(invocation);
}

// A placeholder for the answer.
function wait(invocation) {
  const entry = pending.get(invocation);
  const bot = store.people.get(store.application.id);
  const said = entry.failed
    ? el("p.failed", {}, icon("warning"), t("not.responded"))
    : el("p.thinking", {}, dots(), t("sending"));
  entry.node = el(
    "li.message.pending",
    { tabindex: -1 },
    reference({ interaction: { user: store.people.get(store.me), name: entry.command } }),
    avatar(bot),
    el(
      "div.body",
      {},
      el("p.head", {}, el("span.name", {}, personName(bot)), el("span.app", {}, t("app"))),
      said,
      entry.failed && ephemeral(() => forget(invocation)),
    ),
  );
  return entry.node;
}
