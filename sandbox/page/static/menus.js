// The context menus of messages and people: at the pointer, at a button or by keyboard.
import { el, freshId, notice } from "./dom.js";
import { ask, reason } from "./socket.js";
import { commandsHere, localized, personName, store } from "./store.js";
import { t } from "./words.js";

const USER = 2;
const MESSAGE = 3;

export function messageMenu(message, at, from = at) {
  const bot = store.application.name;
  const apps = commandsHere(MESSAGE).map((command) => [
    localized(command, "name"),
    () =>
      send("message_command", { channel: message.channel_id, message: message.id, name: command.name }, command.name),
  ]);
  open(at, from, [
    [t("apps"), apps.length ? apps : [[t("apps.none", { bot }), null]]],
    [
      "",
      [
        message.content && [t("copy.text"), () => copy(message.content)],
        [t("copy.link"), () => copy(message.link)],
        [t("copy.id"), () => copy(message.id)],
      ].filter(Boolean),
    ],
  ]);
}

export function userMenu(user, at, from = at) {
  const bot = store.application.name;
  const apps = commandsHere(USER).map((command) => [
    localized(command, "name"),
    () => send("user_command", { channel: store.here, user: user.id, name: command.name }, command.name),
  ]);
  open(at, from, [
    [personName(user), []],
    [t("apps"), apps.length ? apps : [[t("apps.none", { bot }), null]]],
    [
      "",
      [
        [t("mention"), () => store.tell("insert", `<@${user.id}> `)],
        [t("copy.id"), () => copy(user.id)],
      ],
    ],
  ]);
}

async function send(type, what, name) {
  try {
    const { invocation } = await ask(type, what);
    store.tell("sent", { invocation, command: name });
  } catch (error) {
    notice(reason(error));
  }
}

function copy(text) {
  navigator.clipboard?.writeText(text);
}

// `groups`: [heading, [label, action or null]]. `at`: a node or a point; `from`: where the focus returns to.
function open(at, from, groups) {
  document.querySelector(".menu")?.remove();
  const menu = el("div.menu", { role: "menu", popover: "auto", "aria-label": groups[0][0] });
  for (const [heading, entries] of groups) {
    const id = freshId("group");
    const group = el(
      "div.menu-group",
      { role: "group", "aria-labelledby": heading ? id : null },
      heading && el("p.group", { id, role: "presentation" }, heading),
    );
    for (const [label, action] of entries) {
      const item = el(
        "button.menu-item",
        { type: "button", role: "menuitem", tabindex: -1, "aria-disabled": action ? null : "true" },
        label,
      );
      item.addEventListener("click", () => {
        if (!action) return;
        menu.hidePopover();
        action();
      });
      group.append(item);
    }
    menu.append(group);
  }
  menu.addEventListener("keydown", (event) => {
    const items = [...menu.querySelectorAll(".menu-item")];
    const here = items.indexOf(document.activeElement);
    const to = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: -1 }[event.key];
    if (event.key === "Tab") menu.hidePopover();
    if (to === undefined) return;
    event.preventDefault();
    items.at(to % items.length).focus();
  });
  menu.addEventListener("toggle", (event) => {
    if (event.newState !== "closed") return;
    const hadFocus = menu.contains(document.activeElement) || document.activeElement === document.body;
    menu.remove();
    if (hadFocus) from.focus?.();
  });
  (from.closest?.("main, aside") ?? document.body).append(menu);
  menu.showPopover();
  place(menu, at);
  menu.querySelector(".menu-item").focus();
}

function place(menu, at) {
  const box = at instanceof Element ? at.getBoundingClientRect() : null;
  const x = box ? Math.min(box.right, box.left + 240) - (box.width < 60 ? menu.offsetWidth : 0) : at.x;
  const y = box ? Math.min(box.bottom, box.top + 40) : at.y;
  menu.style.left = `${Math.max(8, Math.min(x, innerWidth - menu.offsetWidth - 8))}px`;
  menu.style.top = `${Math.max(8, Math.min(y, innerHeight - menu.offsetHeight - 8))}px`;
}
