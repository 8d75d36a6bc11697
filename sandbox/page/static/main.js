// Starts each part of the page, then connects to the sandbox.
import { el, icon, iconButton } from "./dom.js";
import * as composer from "./composer.js";
import * as messages from "./messages.js";
import * as modal from "./modal.js";
import * as panel from "./panel.js";
import * as sidebar from "./sidebar.js";
import { keep, kept, theme, applyTheme } from "./settings.js";
import { connect } from "./socket.js";
import { channelName, placeName, store } from "./store.js";
import { preferredLocale, t } from "./words.js";

const place = document.getElementById("place");
const lost = el("p.lost", { role: "alert", hidden: true });
const NARROW = matchMedia("(max-width: 800px)");

function header() {
  const channel = store.channels.get(store.here);
  document.getElementById("skip").textContent = t("skip");
  if (!channel) return;
  document.title = `${placeName(channel)} – ${store.application.name}`;
  const parent = store.channels.get(channel.parent_id);
  const path = parent ? [el("span.parent", {}, channelName(parent)), icon("right")] : [];
  const mark = channel.type === 1 ? "direct" : sidebar.isThread(channel) ? "thread" : "hash";
  place.replaceChildren(
    iconButton("menu", t("sidebar.show"), {
      class: "icon-button only-narrow",
      "aria-expanded": String(isShown("sidebar")),
      "aria-controls": "sidebar",
      onclick: () => show("sidebar", !isShown("sidebar")),
    }),
    icon(mark),
    ...path,
    el("h2", {}, channelName(channel)),
    channel.topic ? el("span.topic", {}, channel.topic) : "",
    el("span.space", {}),
    panelButton(),
  );
}

function panelButton() {
  const isOpen = isShown("panel");
  return iconButton("panel", t(isOpen ? "panel.hide" : "panel.show"), {
    id: "panel-button",
    "aria-expanded": String(isOpen),
    "aria-controls": "panel",
    onclick: () => {
      keep("panel", isOpen ? "no" : "yes");
      show("panel", !isOpen);
      document.getElementById("panel-button").focus();
    },
  });
}

const isShown = (side) => document.body.classList.contains(`with-${side}`);

function show(side, on) {
  document.body.classList.toggle(`with-${side}`, on);
  header();
}

function start() {
  applyTheme(theme());
  document.getElementById("chat").prepend(lost);
  for (const part of [sidebar, messages, composer, modal, panel]) part.start();
  for (const event of ["snapshot", "went", "channels"]) store.on(event, header);
  store.on("went", () => NARROW.matches && show("sidebar", false));
  store.on("connected", (on) => {
    lost.hidden = on;
    lost.textContent = on ? "" : t("lost");
  });
  document.addEventListener("pointerdown", ({ target }) => {
    if (NARROW.matches && isShown("sidebar") && !target.closest("#sidebar, #place")) show("sidebar", false);
  });
  const panelAsKept = () => show("panel", !NARROW.matches && kept("panel") !== "no"); // it would cover a narrow chat
  panelAsKept();
  NARROW.addEventListener("change", panelAsKept);
  connect(kept("locale") ?? preferredLocale);
}

start();
