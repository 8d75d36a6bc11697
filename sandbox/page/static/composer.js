// The box at the bottom, for a message with files, or, after a "/", one of the bot's commands.
import { el, icon, iconButton, notice } from "./dom.js";
import { CommandForm } from "./command.js";
import { thumbnail } from "./media.js";
import { focusLast } from "./messages.js";
import { Popup } from "./popup.js";
import { ask, reason, upload } from "./socket.js";
import { commandsHere, localized, placeName, store } from "./store.js";
import { bytes, t } from "./words.js";

const SLASH = 1;
const SUB = [1, 2];
const MOST_LETTERS = 2000;
const MOST_FILES = 10;

const composer = document.getElementById("composer");
const chat = document.getElementById("chat");
const text = el("textarea", {
  id: "message-box",
  rows: 1,
  maxlength: MOST_LETTERS,
  "aria-autocomplete": "list",
  "aria-haspopup": "listbox",
});
const files = el("input", { type: "file", multiple: true, hidden: true });
const attach = iconButton("plus", "", { class: "icon-button attach", onclick: () => files.click() });
const send = iconButton("send", "", { type: "submit", class: "icon-button send" });
const picked = el("ul.picked", { hidden: true });
const bar = el("form.bar", { hidden: true }, attach, text, send);

let chosen = []; // files of the message that is being written
let form = null; // the command that is being filled in
let commands; // the list of commands over the box

export function start() {
  composer.append(picked, bar, files);
  for (const event of ["snapshot", "went", "bot"]) store.on(event, label);
  store.on("snapshot", () => {
    bar.hidden = false;
    leaveCommand();
  });
  store.on("went", () => leaveCommand());
  store.on("insert", (words) => {
    leaveCommand();
    text.setRangeText(words, text.selectionStart, text.selectionEnd, "end");
    text.focus();
  });
  commands = new Popup(text, {
    label: "",
    items: offered,
    pick: ({ command, path }) => enter(command, path),
    along: composer,
    above: true,
    empty: nothing,
  });
  bar.addEventListener("submit", (event) => {
    event.preventDefault();
    post();
  });
  text.addEventListener("input", typed);
  text.addEventListener("blur", () => commands.close());
  text.addEventListener("focus", () => text.value.startsWith("/") && typed());
  text.addEventListener("keydown", key);
  files.addEventListener("change", () => {
    add([...files.files]);
    files.value = "";
  });
  document.addEventListener("keydown", (event) => isTyped(event) && text.focus()); // what was typed goes into it
  document.addEventListener("paste", (event) => {
    if (!event.clipboardData.files.length || event.target.closest?.("dialog")) return;
    event.preventDefault();
    add([...event.clipboardData.files]);
  });
  drops();
}

function label() {
  const channel = store.channels.get(store.here);
  if (!channel) return;
  const place = placeName(channel);
  const bot = store.application.name;
  text.placeholder = t("composer.hint", { place });
  text.setAttribute("aria-label", t("composer.label", { place }));
  for (const [node, words] of [
    [attach, t("attach")],
    [send, t("send")],
  ]) {
    node.setAttribute("aria-label", words);
    node.title = words;
  }
  commands.list.setAttribute("aria-label", t("commands", { bot }));
  chat.dataset.drop = t("drop.here");
  if (commands.isOpen) commands.refresh();
}

// ---------------------------------------------------------------- a message

function typed() {
  text.style.height = "auto";
  text.style.height = `${Math.min(text.scrollHeight, 240)}px`;
  if (/^\/[^\n]*$/.test(text.value)) commands.open();
  else commands.close();
}

function key(event) {
  if (event.defaultPrevented || event.isComposing) return;
  if (event.key === "Enter" && !event.shiftKey) {
    event.preventDefault();
    bar.requestSubmit();
  } else if (event.key === "ArrowUp" && text.value === "" && !form) {
    event.preventDefault();
    focusLast();
  }
}

// Whether this key writes something and nothing else on the page takes it.
function isTyped({ key, target, ctrlKey, metaKey, altKey }) {
  const writes = (key.length === 1 && key !== " ") || key === "Process"; // "Process": an input method has begun
  const isTaken = target.closest("input, textarea, select") || document.querySelector(".popup, .menu, dialog");
  return writes && !ctrlKey && !metaKey && !altKey && !isTaken;
}

function add(more) {
  if (form) return form.take(more);
  for (const file of more) {
    if (file.size > store.uploadLimit) notice(t("refused.too_large", { name: file.name }));
    else if (chosen.length < MOST_FILES) chosen.push(file);
  }
  drawPicked();
  text.focus();
}

function drawPicked() {
  for (const image of picked.querySelectorAll("img")) URL.revokeObjectURL(image.src);
  picked.hidden = chosen.length === 0;
  picked.replaceChildren(
    ...chosen.map((file) =>
      el(
        "li",
        {},
        thumbnail(file),
        el("span.name", {}, file.name),
        el("small", {}, bytes(file.size)),
        iconButton("close", t("remove.file", { name: file.name }), { onclick: () => remove(file) }),
      ),
    ),
  );
}

function remove(file) {
  chosen = chosen.filter((one) => one !== file);
  drawPicked();
  text.focus();
}

async function post() {
  const content = text.value.trim();
  if (content.startsWith("/") && !chosen.length) return commands.isOpen && commands.take(commands.at);
  if ((!content && !chosen.length) || bar.hasAttribute("aria-busy")) return;
  const [channel, sent] = [store.here, chosen];
  fill("", []);
  bar.setAttribute("aria-busy", "true");
  try {
    const uploads = await Promise.all(sent.map(upload));
    await ask("post", { channel, content, files: uploads });
  } catch (error) {
    fill(content + text.value, [...sent, ...chosen]);
    notice(reason(error));
  }
  bar.removeAttribute("aria-busy");
}

function fill(words, more) {
  text.value = words;
  chosen = more;
  drawPicked();
  typed();
}

// ---------------------------------------------------------------- a command

// Commands whose words start with or contain what was typed after "/". Each subcommand counts as one.
function offered() {
  const typedWords = text.value.slice(1).trimStart().toLowerCase();
  const all = commandsHere(SLASH).flatMap((command) => leaves(command, command, []));
  const found = all.filter(({ words }) => words.includes(typedWords));
  found.sort((one, other) => other.words.startsWith(typedWords) - one.words.startsWith(typedWords));
  const bot = store.application.name;
  return found.map(({ command, path, shown, detail }) => ({
    key: shown,
    title: `/${shown}`,
    detail,
    group: bot,
    mark: el("img.mark", { src: "static/logo.svg", alt: "" }),
    command,
    path,
  }));
}

function leaves(command, node, path) {
  const inner = (node.options ?? []).filter((option) => SUB.includes(option.type));
  if (inner.length) return inner.flatMap((option) => leaves(command, option, [...path, option]));
  const shown = [command, ...path].map((step) => localized(step, "name")).join(" ");
  const words = `${shown} ${[command, ...path].map((step) => step.name).join(" ")}`.toLowerCase();
  return [{ command, path, shown, detail: localized(node, "description"), words }];
}

function nothing() {
  const bot = store.application.name;
  return store.bot.ready ? t("commands.none") : t("commands.offline", { bot });
}

function enter(command, path) {
  text.value = "";
  typed();
  form = new CommandForm(command, path, leaveCommand);
  bar.hidden = true;
  composer.append(form.node);
  if (chosen.length) {
    form.take(chosen);
    chosen = [];
    drawPicked();
  }
  form.start();
}

function leaveCommand() {
  if (!form) return;
  const hadFocus = form.node.contains(document.activeElement) || document.activeElement === document.body;
  form.end();
  form = null;
  bar.hidden = false;
  if (hadFocus) text.focus();
}

// ---------------------------------------------------------------- dropped

function drops() {
  let depth = 0;
  const over = (by) => {
    depth += by;
    chat.classList.toggle("dropping", depth > 0);
  };
  const carries = (event) => event.dataTransfer?.types.includes("Files");
  chat.addEventListener("dragenter", (event) => carries(event) && over(1));
  chat.addEventListener("dragleave", (event) => carries(event) && over(-1));
  document.addEventListener("dragover", (event) => carries(event) && event.preventDefault());
  document.addEventListener("drop", (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    over(-depth);
    add([...event.dataTransfer.files]);
  });
}
