// The messages of the channel on screen, the newest at the bottom.
import { announce, el, icon } from "./dom.js";
import { messageMenu, userMenu } from "./menus.js";
import { draw, isGrouped, LOADING, nodeOf, replied } from "./message.js";
import * as pending from "./pending.js";
import { personName, placeName, store } from "./store.js";
import { t } from "./words.js";

const scroller = document.getElementById("scroller");
const list = document.getElementById("messages");
const latest = el("button.latest", { type: "button", hidden: true, onclick: () => scroller.scrollTo({ top: 0 }) });

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
  store.on("sent", (command) => {
    const node = pending.add(command);
    if (node) list.append(node);
  });
  store.on("invocation", pending.settle);
  // the scroller is reversed, so that the end of the list stays in view: 0 is the bottom
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
  list.append(...pending.nodesHere());
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

function take({ message, isNew }) {
  if (message.interaction) pending.forget(message.interaction.id);
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

// Keeps the images that are on screen, in place of new ones of the same file.
function keepPictures(old, node) {
  for (const picture of node.querySelectorAll(".picture[data-file]")) {
    const same = old.querySelector(`.picture[data-file="${picture.dataset.file}"]:not(.covered)`);
    const image = same?.querySelector("img");
    if (!image) continue;
    picture.querySelector("img").replaceWith(image);
    picture.classList.remove("covered"); // revealed pictures stay revealed
    picture.querySelector(".cover")?.remove();
  }
}

// What a screen reader says of a message: its texts and its pictures' descriptions.
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

// Replies show the first line of the message that they answer.
function redrawRepliesTo(id) {
  for (const node of list.querySelectorAll(`li[data-reply="${CSS.escape(id)}"] > .reference`))
    node.replaceWith(replied(store.messages.get(store.here).get(node.parentElement.dataset.id)));
}

// ---------------------------------------------------------------- by keyboard

// Tab reaches one message with its buttons; the arrow keys go from one message to the next.
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
