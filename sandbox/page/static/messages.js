// The messages of the channel that is looked at, the newest at the bottom.
import { announce, avatar, el, icon, iconButton } from "./dom.js";
import { component } from "./components.js";
import { embed } from "./embeds.js";
import { markdown } from "./markdown.js";
import { fileCard, isPicture, mosaic, mosaicHeight, ofAttachment, WIDTH } from "./media.js";
import { messageMenu, userMenu } from "./menus.js";
import { channelName, localized, personName, store } from "./store.js";
import { briefly, t, when } from "./words.js";

const EPHEMERAL = 1 << 6;
const LOADING = 1 << 7;
const SUPPRESS_EMBEDS = 1 << 2;
const REPLY = 0; // kinds of a message's reference to another one
const FORWARD = 1;
const TEXT = 10; // the component
const TOGETHER_MS = 7 * 60 * 1000; // messages of one person within this time stand under one name

const scroller = document.getElementById("scroller");
const list = document.getElementById("messages");
const latest = el("button.latest", { type: "button", hidden: true, onclick: () => scroller.scrollTo({ top: 0 }) });
// Commands on their way, by invocation: {channel, command, failed, node}.
const pending = new Map();

export function start() {
  scroller.after(latest);
  store.on("snapshot", () => {
    pending.clear();
    drawAll();
  });
  store.on("went", drawAll);
  store.on("message", take);
  store.on("deleted", ({ message }) => {
    nodeOf(message)?.remove();
    regroup();
    redrawRepliesTo(message);
  });
  store.on("invocation", settle);
  // the list stands upside down for the scroller, so that its end stays in sight: 0 is the bottom
  scroller.addEventListener("scroll", () => (latest.hidden = scroller.scrollTop > -200), { passive: true });
  list.addEventListener("keydown", walk);
  list.addEventListener(
    "focusin",
    (event) => event.target.closest("li.message") && activate(event.target.closest("li.message")),
  );
  list.addEventListener("contextmenu", (event) => {
    const node = event.target.closest("li.message[data-id]");
    if (!node || event.target.closest("a, input") || String(getSelection())) return;
    event.preventDefault();
    const message = store.messages.get(store.here).get(node.dataset.id);
    const at = event.clientX || event.clientY ? { x: event.clientX, y: event.clientY } : node;
    if (event.target.closest("[data-user]")) userMenu(message.author, at, event.target.closest("[data-user]"));
    else messageMenu(message, at, node);
  });
}

// A command was sent: its place is kept until the bot says something.
export function expect(invocation, command) {
  const messages = store.messages.get(store.here);
  if ([...messages.values()].some((message) => message.interaction?.id === invocation)) return;
  pending.set(invocation, { channel: store.here, command, failed: false, node: null });
  list.append(wait(invocation));
}

export function focusLast() {
  list.querySelector("li.message:last-of-type")?.focus();
}

function drawAll() {
  const channel = store.channels.get(store.here);
  latest.replaceChildren(t("messages.latest"), icon("down"));
  if (!channel) return list.replaceChildren();
  const place = placeName(channel);
  list.setAttribute("aria-label", t("messages", { place }));
  const messages = [...(store.messages.get(store.here)?.values() ?? [])];
  list.replaceChildren(welcome(place), ...messages.map((message, at) => draw(message, messages[at - 1])));
  for (const [invocation, { channel }] of pending) if (channel === store.here) list.append(wait(invocation));
  activate(list.lastElementChild);
  scroller.scrollTo({ top: 0, behavior: "instant" });
}

function welcome(place) {
  const bot = store.application.name;
  return el(
    "li.welcome",
    {},
    el("h2", {}, t("messages.welcome", { place })),
    el("p", {}, t("messages.welcome.text", { bot })),
  );
}

export function placeName(channel) {
  return channel.type === 1 ? `@${channelName(channel)}` : `#${channelName(channel)}`;
}

function nodeOf(id) {
  return list.querySelector(`li[data-id="${CSS.escape(id)}"]`);
}

function take({ message, isNew }) {
  if (pending.has(message.interaction?.id)) forget(message.interaction.id);
  if (message.channel_id !== store.here) return;
  const old = nodeOf(message.id);
  const before = old ? previousOf(old) : lastMessage();
  const node = draw(message, before);
  if (old) {
    const focused = old.contains(document.activeElement) ? document.activeElement.dataset.id : null;
    keepPictures(old, node);
    old.replaceWith(node);
    if (focused === message.id) node.focus();
    else if (focused) node.querySelector(`[data-id="${CSS.escape(focused)}"]`)?.focus();
    redrawRepliesTo(message.id);
  } else {
    list.append(node);
    if (message.author.id === store.me) scroller.scrollTo({ top: 0 });
  }
  if (!list.querySelector("li[tabindex='0']")) activate(node);
  if (message.author.id !== store.me && (isNew || !(message.flags & LOADING))) announce(spoken(message, node));
}

// Pictures that are on the screen stay there, in place of new ones of the same file.
function keepPictures(old, node) {
  for (const picture of node.querySelectorAll(".picture[data-file]")) {
    const same = old.querySelector(`.picture[data-file="${picture.dataset.file}"]:not(.covered)`);
    const image = same?.querySelector("img");
    if (!image) continue;
    picture.querySelector("img").replaceWith(image);
    picture.classList.remove("covered"); // what was revealed stays so
    picture.querySelector(".cover")?.remove();
  }
}

// What of a message is read out: its texts, and its pictures' descriptions.
function spoken(message, node) {
  const who = personName(message.author);
  if (message.flags & LOADING) return t("thinking", { bot: who });
  const parts = [...node.querySelectorAll(".text, .picture img")].map((one) => one.alt ?? one.textContent);
  return `${who}: ${parts.join(" ")}`;
}

function lastMessage() {
  return [...(store.messages.get(store.here)?.values() ?? [])].at(-2);
}

function previousOf(node) {
  const id = node.previousElementSibling?.dataset.id;
  return id && store.messages.get(store.here).get(id);
}

function regroup() {
  for (const node of list.querySelectorAll("li.message[data-id]")) {
    const message = store.messages.get(store.here).get(node.dataset.id);
    if (node.classList.contains("grouped") !== isGrouped(message, previousOf(node)))
      node.replaceWith(draw(message, previousOf(node)));
  }
}

// They show a line of it.
function redrawRepliesTo(id) {
  for (const node of list.querySelectorAll(`li[data-reply="${CSS.escape(id)}"] > .reference`))
    node.replaceWith(replied(store.messages.get(store.here).get(node.parentElement.dataset.id)));
}

function isGrouped(message, before) {
  return Boolean(
    before &&
    before.author.id === message.author.id &&
    !message.interaction &&
    !isReply(message) &&
    !(before.flags & EPHEMERAL) &&
    !(message.flags & EPHEMERAL) &&
    new Date(message.timestamp) - new Date(before.timestamp) < TOGETHER_MS,
  );
}

// ---------------------------------------------------------------- one message

function draw(message, before) {
  const grouped = isGrouped(message, before);
  const date = new Date(message.timestamp);
  const time = el(
    "time",
    { datetime: message.timestamp, title: when(date, "F") },
    grouped ? when(date, "t") : briefly(date),
  );
  const author = personName(message.author);
  const node = el(
    "li.message",
    {
      "data-id": message.id,
      "data-reply": isReply(message) ? message.message_reference.message_id : null,
      tabindex: -1,
      "aria-label": grouped ? null : `${author}, ${when(date, "t")}`,
    },
    message.interaction ? reference(message) : isReply(message) && replied(message),
    grouped ? el("span.gutter", {}, time) : person(message.author, "span.avatar"),
    el(
      "div.body",
      {},
      !grouped &&
        el("p.head", {}, person(message.author, "span.name"), message.author.bot && el("span.app", {}, t("app")), time),
      content(message),
      forwarded(message),
      message.flags & EPHEMERAL ? ephemeral(() => dismiss(message)) : null,
    ),
    iconButton("more", t("actions", { who: author }), {
      class: "icon-button more",
      "aria-haspopup": "menu",
      tabindex: -1,
      onclick: (event) => messageMenu(message, event.currentTarget),
    }),
  );
  if (grouped) node.classList.add("grouped");
  if (message.flags & EPHEMERAL) node.classList.add("ephemeral");
  if (mentionsMe(message)) node.classList.add("mentions-me");
  node.style.setProperty("--height", `${height(message)}px`);
  return node;
}

const isReply = (message) => message.message_reference?.type === REPLY;

const mentionsMe = (message) => message.mentions.some((user) => user.id === store.me);

// About, in pixels, for as long as it is not drawn: the scroll bar goes by it.
function height(message) {
  const passedOn = (message.message_snapshots ?? []).reduce((sum, one) => sum + height(one.message), 0);
  const width = Math.min(WIDTH, list.clientWidth - 124);
  const lines = message.content
    .split("\n")
    .reduce((sum, line) => sum + Math.max(1, Math.ceil((line.length * 8) / width)), 0);
  return (
    32 +
    22 * lines +
    mosaicHeight(message.attachments.filter(isPicture), width) +
    160 * message.embeds.length +
    50 * message.components.length +
    passedOn
  );
}

// A name or picture that opens the person's menu.
function person(user, tag) {
  const label = t("actions.user", { who: personName(user) });
  const shown = tag === "span.avatar" ? avatar(user) : personName(user);
  const node = el(
    "button.person",
    {
      type: "button",
      tabindex: -1,
      "data-user": user.id,
      "aria-haspopup": "menu",
      onclick: (event) => userMenu(user, event.currentTarget),
    },
    shown,
  );
  if (tag === "span.avatar") node.setAttribute("aria-label", label);
  else node.classList.add("name");
  return node;
}

function reference({ interaction }) {
  const command = store.bot.commands.find((one) => one.name === interaction.name.split(" ")[0]);
  const slash = command?.type === 1;
  const name = command
    ? [localized(command, "name"), ...interaction.name.split(" ").slice(1)].join(" ")
    : interaction.name;
  const { user } = interaction;
  const parts = {
    "{who}": el("span.who", {}, personName(user)),
    "{what}": el("span.what", {}, slash ? `/${name}` : name),
  };
  return el(
    "p.reference",
    {},
    avatar(user),
    el(
      "span",
      {},
      t("used")
        .split(/(\{\w+\})/)
        .map((part) => parts[part] ?? part),
    ),
  );
}

// Whose message this one answers, and how that begins.
function replied(message) {
  const { message_id: id } = message.message_reference;
  const original = store.messages.get(message.channel_id)?.get(id);
  if (!original) return el("p.reference.gone", {}, icon("reply"), el("span.gist", {}, t("reply.deleted")));
  const who = personName(original.author);
  const gist = firstText(original);
  return el(
    "p.reference",
    {},
    avatar(original.author),
    el("span.who", {}, who),
    el(
      "button.gist",
      { type: "button", tabindex: -1, title: t("reply.to", { who }), onclick: () => jump(id) },
      gist || t("reply.picture"),
      !gist && icon("picture"),
    ),
  );
}

function jump(id) {
  const node = nodeOf(id);
  node?.scrollIntoView({ block: "center" });
  node?.focus();
}

// Without marks; what is hidden stays so.
function firstText({ content: text, components }) {
  const shown = text || textOf(components) || "";
  return shown
    .replace(/\|\|.*?\|\|/gs, "▒▒▒")
    .replace(/^(#{1,3}|-#|>) |\*\*|`/gm, "")
    .replace(/\s+/g, " ");
}

function textOf(components) {
  for (const one of components ?? []) {
    const text = one.type === TEXT ? one.content : textOf(one.components);
    if (text) return text;
  }
  return null;
}

// What somebody passes on, and where and when it was said.
function forwarded({ message_reference: from, message_snapshots: snapshots, ...message }) {
  if (from?.type !== FORWARD) return null;
  const channel = store.channels.get(from.channel_id);
  return (snapshots ?? []).map(({ message: passedOn }) =>
    el(
      "div.forwarded",
      {},
      el("p.passed-on", {}, icon("reply"), t("forwarded")),
      content({ ...message, ...passedOn }),
      el(
        "p.origin",
        {},
        channel && `${placeName(channel)} • `,
        el("time", { datetime: passedOn.timestamp }, briefly(new Date(passedOn.timestamp))),
      ),
    ),
  );
}

function content(message) {
  if (message.flags & LOADING) return el("p.thinking", {}, dots(), t("thinking", { bot: personName(message.author) }));
  const files = message.attachments.map(ofAttachment);
  const pictures = files.filter(isPicture);
  const text = el("div.text", {}, markdown(message.content));
  const edited =
    message.edited_timestamp &&
    el("small.edited", { title: when(new Date(message.edited_timestamp), "F") }, t("edited"));
  if (edited && message.content) {
    (text.lastElementChild?.localName === "p" ? text.lastElementChild : text).append(" ", edited);
  }
  return [
    message.content && text,
    pictures.length > 0 && mosaic(pictures),
    files.filter((file) => !isPicture(file)).map(fileCard),
    !(message.flags & SUPPRESS_EMBEDS) && message.embeds.map(embed),
    message.components.length > 0 &&
      el(
        "div.components",
        {},
        message.components.map((one) => component(one, message)),
      ),
    !message.content && edited,
  ].flat();
}

function ephemeral(onclick) {
  return el(
    "p.only-you",
    {},
    icon("eye"),
    t("only.you"),
    " • ",
    el("button.link-button", { type: "button", onclick }, t("dismiss")),
  );
}

// Only here: nobody else saw it, and the bot hears nothing of it.
function dismiss(message) {
  store.messages.get(message.channel_id).delete(message.id);
  store.tell("deleted", { channel: message.channel_id, message: message.id });
}

// ---------------------------------------------------------------- commands on their way

function settle({ invocation, state }) {
  const entry = pending.get(invocation);
  if (!entry) return;
  if (state !== "failed") return forget(invocation);
  entry.failed = true;
  entry.node?.replaceWith(wait(invocation));
  announce(t("not.responded"));
}

function forget(invocation) {
  pending.get(invocation).node?.remove();
  pending.delete(invocation);
}

// Where the answer will stand.
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

const dots = () => el("span.dots", { "aria-hidden": "true" }, el("i"), el("i"), el("i"));

// ---------------------------------------------------------------- by keyboard

// One message takes part in the order of Tab, with its buttons; the arrows go from one to the next.
function activate(node) {
  if (!node?.matches("li.message") || node.classList.contains("active")) return;
  for (const old of list.querySelectorAll("li.active")) reach(old, false);
  reach(node, true);
}

function reach(node, isActive) {
  node.classList.toggle("active", isActive);
  for (const one of [node, ...node.querySelectorAll(".more, .person, .gist")]) one.tabIndex = isActive ? 0 : -1;
}

function walk(event) {
  const node = event.target.closest("li.message");
  if (event.target !== node) return;
  const to = {
    ArrowUp: node.previousElementSibling,
    ArrowDown: node.nextElementSibling,
    Home: list.querySelector("li.message"),
    End: list.lastElementChild,
  }[event.key];
  if (to?.matches("li.message")) {
    event.preventDefault();
    to.focus();
    to.scrollIntoView({ block: "nearest" });
  } else if (event.key === "Enter" && node.dataset.id) {
    event.preventDefault();
    node.querySelector(".more").click();
  }
}
