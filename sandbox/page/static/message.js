// One message: author, time, what it replies to or forwards, text, files and components.
import { avatar, el, icon, iconButton } from "./dom.js";
import { component } from "./components.js";
import { embed } from "./embeds.js";
import { markdown } from "./markdown.js";
import { fileCard, isPicture, mosaic, mosaicHeight, ofAttachment, WIDTH } from "./media.js";
import { messageMenu, userMenu } from "./menus.js";
import { localized, personName, placeName, store } from "./store.js";
import { briefly, t, when } from "./words.js";

const EPHEMERAL = 1 << 6;
export const LOADING = 1 << 7;
const SUPPRESS_EMBEDS = 1 << 2;
const REPLY = 0; // types of a message reference
const FORWARD = 1;
const TEXT = 10; // the component
const TOGETHER_MS = 7 * 60 * 1000; // messages of one person within this time stand under one name

const list = document.getElementById("messages");

export function nodeOf(id) {
  return list.querySelector(`li[data-id="${CSS.escape(id)}"]`);
}

export function isGrouped(message, before) {
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

export function draw(message, before) {
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

// An estimate in pixels, which the scroll bar uses until the message is drawn.
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

// A name or avatar that opens the person's menu.
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

export function reference({ interaction }) {
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

// The author and the beginning of the message that this one replies to.
export function replied(message) {
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

// Without markup; spoilers stay hidden.
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

// The forwarded message, and where and when it was written.
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

export function ephemeral(onclick) {
  return el(
    "p.only-you",
    {},
    icon("eye"),
    t("only.you"),
    " • ",
    el("button.link-button", { type: "button", onclick }, t("dismiss")),
  );
}

// Removes an ephemeral message on this page alone. Nobody else saw it, and the bot is not notified.
function dismiss(message) {
  store.messages.get(message.channel_id).delete(message.id);
  store.tell("deleted", { channel: message.channel_id, message: message.id });
}

export const dots = () => el("span.dots", { "aria-hidden": "true" }, el("i"), el("i"), el("i"));
