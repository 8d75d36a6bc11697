// Message components, old rows and new layouts: https://discord.com/developers/docs/components/reference
import { avatar, el, icon, notice } from "./dom.js";
import { colour } from "./embeds.js";
import { Popup } from "./popup.js";
import { markdown } from "./markdown.js";
import { fileCard, mosaic, ofMedia, picture } from "./media.js";
import { ask, reason } from "./socket.js";
import { channelName, personName, store } from "./store.js";
import { t } from "./words.js";

const STYLES = { 1: "primary", 2: "secondary", 3: "success", 4: "danger", 5: "secondary", 6: "primary" };
const LINK = 5;

const MAKERS = {
  1: (row, message) =>
    el(
      "div.row",
      {},
      row.components.map((inner) => component(inner, message)),
    ),
  2: button,
  3: select,
  5: select,
  6: select,
  7: select,
  8: select,
  9: section,
  10: (text) => el("div.text", {}, markdown(text.content)),
  11: (thumbnail) => el("div.thumbnail", {}, picture(ofMedia(thumbnail.media, thumbnail))),
  12: (gallery) => mosaic(gallery.items.map((item) => ofMedia(item.media, item))),
  13: (file) => fileOf(ofMedia(file.file, file), file),
  14: (line) =>
    el("hr", {
      "aria-hidden": line.divider === false,
      class: `spacing-${line.spacing ?? 1}${line.divider === false ? " bare" : ""}`,
    }),
  17: container,
};

export function component(body, message) {
  return MAKERS[body.type]?.(body, message) ?? el("p.unknown", {}, `[${body.type}]`);
}

function fileOf(file, body) {
  return fileCard({ ...file, filename: body.name ?? file.filename, size: body.size ?? undefined });
}

function section(body, message) {
  const texts = el(
    "div.section-text",
    {},
    body.components.map((inner) => component(inner, message)),
  );
  return el("div.section", {}, texts, component(body.accessory, message));
}

function container(body, message) {
  const node = el(
    "div.container",
    {},
    body.components.map((inner) => component(inner, message)),
  );
  colour(node, body.accent_color);
  if (body.spoiler) {
    node.classList.add("covered");
    node.append(
      el(
        "button.cover",
        {
          type: "button",
          "aria-label": t("spoiler"),
          onclick: (event) => {
            node.classList.remove("covered");
            event.currentTarget.remove();
          },
        },
        t("spoiler.word"),
      ),
    );
  }
  return node;
}

// ---------------------------------------------------------------- what can be used

// By invocation in progress: a function to call at its end, with whether it failed.
const underWay = new Map();

store.on("invocation", ({ invocation, state }) => {
  underWay.get(invocation)?.(state === "failed");
  underWay.delete(invocation);
});

// Sends the click or choice. The component is busy until the bot responds.
async function use(node, type, message, more) {
  node.classList.add("busy");
  node.setAttribute("aria-busy", "true");
  const rest = (failed) => {
    node.classList.remove("busy");
    node.removeAttribute("aria-busy");
    if (failed) node.closest("li.message")?.append(el("p.interaction-failed", { role: "alert" }, t("failed")));
  };
  node.closest("li.message")?.querySelector(".interaction-failed")?.remove();
  try {
    const { invocation } = await ask(type, { channel: message.channel_id, message: message.id, ...more });
    underWay.set(invocation, rest);
  } catch (error) {
    rest(false);
    notice(reason(error));
  }
}

function emoji(body) {
  return body.emoji && el("span.emoji", {}, body.emoji.id ? `:${body.emoji.name}:` : body.emoji.name);
}

function button(body, message) {
  const inert = body.style === LINK;
  const node = el(
    "button.button",
    {
      type: "button",
      disabled: body.disabled,
      title: inert ? body.url : null,
      "data-id": body.custom_id,
      onclick: () =>
        !inert && !node.classList.contains("busy") && use(node, "click", message, { custom_id: body.custom_id }),
    },
    emoji(body),
    body.label ?? "",
    inert && icon("link"),
  );
  node.classList.add(STYLES[body.style] ?? "secondary");
  return node;
}

// The items of a select menu: `key`, `title`, and for people a picture.
export function offered(body) {
  if (body.type === 3) {
    return body.options.map((one) => ({
      key: one.value,
      title: one.label,
      detail: one.description,
      mark: emoji(one),
      chosen: one.default === true,
    }));
  }
  const preset = (body.default_values ?? []).map((one) => one.id);
  const people = [...store.people.values()].map((user) => ({
    key: user.id,
    title: personName(user),
    detail: user.username,
    mark: avatar(user),
  }));
  const roles = [...store.roles.values()].map((role) => ({
    key: role.id,
    title: role.name.startsWith("@") ? role.name : `@${role.name}`,
  }));
  const channels = [...store.channels.values()]
    .filter((channel) => channel.name && (!body.channel_types?.length || body.channel_types.includes(channel.type)))
    .map((channel) => ({ key: channel.id, title: `#${channelName(channel)}` }));
  const all = { 5: people, 6: roles, 7: [...people, ...roles], 8: channels }[body.type];
  return all.map((item) => ({ ...item, chosen: preset.includes(item.key) }));
}

function select(body, message) {
  const items = offered(body);
  const most = body.max_values ?? 1;
  let chosen = items.filter((item) => item.chosen).map((item) => item.key);
  const shown = el("span.shown", {});
  const label = body.placeholder || t("select.placeholder");
  const node = el(
    "button.select",
    {
      type: "button",
      disabled: body.disabled,
      role: "combobox",
      "aria-haspopup": "listbox",
      "aria-expanded": "false",
      "data-id": body.custom_id,
    },
    shown,
    icon("down"),
  );
  const show = () => {
    const titles = items.filter((item) => chosen.includes(item.key)).map((item) => item.title);
    shown.textContent = titles.join(", ") || label;
    shown.classList.toggle("placeholder", titles.length === 0);
    node.setAttribute("aria-label", titles.length ? `${label}: ${titles.join(", ")}` : label);
  };
  const send = (values) => {
    chosen = values;
    show();
    use(node, "select", message, { custom_id: body.custom_id, values });
  };
  show();
  const popup = new Popup(node, {
    label,
    items: () => items.map((item) => ({ ...item, chosen: chosen.includes(item.key) })),
    several: most > 1 ? { least: body.min_values ?? 1, most } : null,
    search: items.length > 10 || body.type !== 3,
    pick: (item) => send([item.key]),
    picked: send,
  });
  node.addEventListener("keydown", (event) => {
    if (popup.isOpen || !["ArrowDown", "ArrowUp"].includes(event.key)) return;
    event.preventDefault();
    popup.open();
  });
  node.addEventListener("click", () => !node.classList.contains("busy") && popup.toggle());
  return node;
}
