// The side panel: who is here, the traffic between bot and sandbox, and what can go wrong on purpose.
import { avatar, el, freshId, icon, notice } from "./dom.js";
import { userMenu } from "./menus.js";
import { ask, reason } from "./socket.js";
import { keep, kept } from "./settings.js";
import { personName, store } from "./store.js";
import { bytes, t, when } from "./words.js";

const MOST_ROWS = 300;
const TABS = ["people", "traffic", "faults"];
const LATENCIES = [0, 300, 1000, 2500, 4000];
const UPLOAD_LIMITS = [20 * 1024 ** 2, 512 * 1024, 64 * 1024];
const PERMISSIONS = ["view_channel", "send_messages", "attach_files", "read_message_history"];
const TO_BOT = "to_bot";

const panel = document.getElementById("panel");
const draws = { people, traffic, faults };
let tab = TABS.includes(kept("tab")) ? kept("tab") : TABS[0];
let rows; // the list of traffic, while it is shown
let heartbeats = false;

export function start() {
  store.on("snapshot", draw);
  store.on("bot", () => tab === "people" && draw());
  store.on("faults", () => tab === "faults" && draw());
  store.on("trace", (entry) => tab === "traffic" && rows && addRow(entry));
}

function draw() {
  const focused = panel.contains(document.activeElement) ? document.activeElement.id : null;
  const body = el("div.panel-body", {
    role: "tabpanel",
    id: "panel-body",
    "aria-labelledby": `tab-${tab}`,
    tabindex: 0,
  });
  rows = null;
  panel.setAttribute("aria-label", t("panel"));
  panel.replaceChildren(el("div.tabs", { role: "tablist", onkeydown: arrows }, TABS.map(tabButton)), body);
  body.append(...draws[tab]().filter(Boolean));
  if (focused) document.getElementById(focused)?.focus();
}

function tabButton(name) {
  const isOpen = name === tab;
  return el(
    "button.tab",
    {
      type: "button",
      role: "tab",
      id: `tab-${name}`,
      "aria-selected": String(isOpen),
      "aria-controls": "panel-body",
      tabindex: isOpen ? 0 : -1,
      onclick: () => open(name),
    },
    t(name),
  );
}

function open(name) {
  tab = name;
  keep("tab", name);
  draw();
}

function arrows(event) {
  const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!by) return;
  open(TABS.at((TABS.indexOf(tab) + by) % TABS.length));
  document.getElementById(`tab-${tab}`).focus();
}

// ---------------------------------------------------------------- people

function people() {
  return ["bot", "owner", "moderator", "member"].flatMap((part) => {
    const found = [...store.people.values()].filter((user) => user.part === part);
    if (!found.length) return [];
    return [
      el("h2.group", {}, t(part)),
      el(
        "ul.people",
        {},
        found.map((user) => el("li", {}, personRow(user))),
      ),
    ];
  });
}

function personRow(user) {
  const state = user.bot ? t(store.bot.ready ? "online" : "offline") : user.id === store.me ? t("you") : user.username;
  const node = el(
    "button.person-row",
    {
      type: "button",
      id: `person-${user.id}`,
      "aria-haspopup": "menu",
      onclick: (event) => userMenu(user, event.currentTarget),
    },
    avatar(user),
    el("span.texts", {}, el("span.title", {}, personName(user)), el("small", {}, state)),
    icon("more"),
  );
  node.addEventListener("contextmenu", (event) => {
    event.preventDefault();
    userMenu(user, node);
  });
  if (user.bot && !store.bot.ready) node.classList.add("away");
  return node;
}

// ---------------------------------------------------------------- traffic

const isHeartbeat = (entry) => /heartbeat/i.test(entry.name);

function traffic() {
  const bot = store.application.name;
  rows = el("ol.traffic", {});
  const id = freshId("beats");
  const head = el(
    "div.traffic-head",
    {},
    el(
      "label.check",
      { for: id },
      el("input", {
        type: "checkbox",
        id,
        checked: heartbeats,
        onchange: (event) => {
          heartbeats = event.target.checked;
          draw();
        },
      }),
      t("traffic.heartbeats"),
    ),
    el(
      "button.button.secondary",
      {
        type: "button",
        id: "traffic-clear",
        onclick: () => {
          store.trace = [];
          draw();
        },
      },
      t("traffic.clear"),
    ),
  );
  for (const entry of store.trace.slice(-MOST_ROWS)) addRow(entry);
  return [el("p.note", {}, t("traffic.about", { bot })), head, rows];
}

function addRow(entry) {
  if (!heartbeats && isHeartbeat(entry)) return;
  rows.prepend(row(entry));
  while (rows.children.length > MOST_ROWS) rows.lastChild.remove();
}

function row(entry) {
  const way = entry.way === TO_BOT;
  const took = entry.milliseconds === null ? null : t("traffic.ms", { ms: entry.milliseconds });
  const marks = [entry.status && String(entry.status), took].filter(Boolean).join(" · ");
  const summary = el(
    "summary",
    {},
    el("span.way", { title: t(way ? "traffic.to_bot" : "traffic.from_bot") }, way ? "→" : "←"),
    el("span.hidden-text", {}, t(way ? "traffic.to_bot" : "traffic.from_bot")),
    el("span.what", {}, entry.kind === "acknowledgement" ? `${entry.name}: ${answered(entry)}` : shortened(entry.name)),
    el("span.marks", {}, marks),
  );
  const details = el("details", {}, summary);
  // its JSON is drawn once somebody opens it
  details.addEventListener(
    "toggle",
    () => details.open && details.children.length === 1 && details.append(...inside(entry)),
  );
  const node = el("li", { "data-kind": entry.kind }, details);
  if (entry.refused || entry.status >= 400) node.classList.add("refused");
  if (entry.refused) node.append(el("p.why", {}, t("traffic.refused", { why: entry.refused })));
  return node;
}

const answered = (entry) => t(entry.refused ? "traffic.not_acknowledged" : "traffic.acknowledged");

// Shortens long ids to their end, and allows a line break after each "/".
function shortened(name) {
  return name
    .replace(/\d{13,}(\d{4})/g, "…$1")
    .split(/(?<=\/)/)
    .flatMap((part) => [part, el("wbr")]);
}

function inside(entry) {
  const part = (name, value) =>
    value !== null &&
    value !== undefined && [
      el("h3", {}, t(name)),
      el("pre", { tabindex: 0 }, typeof value === "string" ? value : JSON.stringify(value, null, 2)),
    ];
  const limit = entry.kind === "acknowledgement" && el("p.note", {}, t("traffic.limit"));
  return [
    el("p.note", {}, when(new Date(entry.at * 1000), "T")),
    limit,
    part("traffic.sent", entry.sent),
    part("traffic.answered", entry.answered),
  ]
    .flat()
    .filter(Boolean);
}

// ---------------------------------------------------------------- faults

function faults() {
  const now = store.faults;
  const permission = (name) =>
    toggle(name, t(name), now.denied.includes(name), (on) =>
      change({ denied: now.denied.filter((one) => one !== name).concat(on ? [name] : []) }),
    );
  return [
    el("p.note", {}, t("faults.about")),
    pick(
      "latency",
      t("faults.latency"),
      LATENCIES.map((ms) => [ms, ms ? t("traffic.ms", { ms }) : t("faults.none")]),
      now.latency_ms,
      (value) => change({ latency_ms: value }),
    ),
    ...["rate_limited", "server_errors", "links_expired", "layouts_refused"].map((name) =>
      toggle(name, t(`faults.${name}`), now[name], (on) => change({ [name]: on })),
    ),
    toggle("intent", t("faults.message_content"), !now.message_content, (on) => change({ message_content: !on })),
    pick(
      "limit",
      t("faults.upload_limit"),
      UPLOAD_LIMITS.map((limit) => [limit, bytes(limit)]),
      now.upload_limit,
      (value) => change({ upload_limit: value }),
    ),
    el("fieldset", {}, el("legend", {}, t("faults.denied")), PERMISSIONS.map(permission)),
    el("button.button.danger", { type: "button", id: "drop-gateway", onclick: drop }, t("faults.drop")),
  ];
}

function toggle(name, label, on, act) {
  const id = `fault-${name}`;
  return el(
    "label.check.switch",
    { for: id },
    el("input", { type: "checkbox", role: "switch", id, checked: on, onchange: (event) => act(event.target.checked) }),
    label,
  );
}

function pick(name, label, entries, now, act) {
  const id = `fault-${name}`;
  const select = el("select", { id, onchange: () => act(Number(select.value)) });
  for (const [value, shown] of entries) select.append(el("option", { value, selected: value === now }, shown));
  return el("div.form-field", {}, el("label", { for: id }, label), select);
}

async function change(some) {
  try {
    await ask("faults", { faults: some });
  } catch (error) {
    notice(reason(error));
  }
}

async function drop() {
  try {
    await ask("drop_gateway");
    notice(t("faults.dropped"));
  } catch (error) {
    notice(reason(error));
  }
}
