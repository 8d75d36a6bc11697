// Creates DOM nodes. Text is inserted as text; nothing here parses markup.

// el("button.quiet", { type: "button", onclick: go }, "Go"): attributes that are null or false are left out.
export function el(tag, attributes = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  const node = document.createElement(name);
  node.classList.add(...classes);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

const ICONS = {
  hash: "M10 4 8 20M16 4l-2 16M4 9h17M3 15h17",
  thread: "M5 4v9a3 3 0 0 0 3 3h8M13 12l4 4-4 4",
  direct: "M4 5h16v11H9l-5 4z",
  plus: "M12 5v14M5 12h14",
  send: "M4 12 20 4l-5 16-3.500-6.500zM11.500 13.500 20 4",
  more: "M5 11v2M12 11v2M19 11v2",
  close: "M6 6l12 12M18 6 6 18",
  file: "M6 3h8l5 5v13H6zM14 3v5h5",
  upload: "M12 16V4M7 9l5-5 5 5M4 16v4h16v-4",
  download: "M12 4v12M7 11l5 5 5-5M4 18v2h16v-2",
  eye: "M2 12s4-7 10-7 10 7 10 7-4 7-10 7-10-7-10-7zM12 9.500a2.500 2.500 0 1 0 0 5 2.500 2.500 0 0 0 0-5z",
  menu: "M4 6h16M4 12h16M4 18h16",
  panel: "M3 5h18v14H3zM15 5v14",
  theme: "M12 3a9 9 0 1 0 0 18zM12 3a9 9 0 0 1 0 18",
  down: "M6 9l6 6 6-6",
  left: "M15 5l-7 7 7 7",
  right: "M9 5l7 7-7 7",
  check: "M4 12l6 6L20 6",
  reply: "M4 20v-6a4 4 0 0 1 4-4h12M16 6l4 4-4 4",
  picture: "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15.500 9h.01",
  warning: "M12 3 2 20h20zM12 10v5M12 17.500h.01",
  link: "M14 4h6v6M20 4l-9 9M18 14v6H4V6h6",
  gear: "M4 7h10M18 7h2M4 17h2M10 17h10M16 5v4M8 15v4",
};

export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.classList.add("icon");
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

export function iconButton(name, label, attributes = {}) {
  return el("button.icon-button", { type: "button", "aria-label": label, title: label, ...attributes }, icon(name));
}

// A person's picture, or their first letter on a colour of their own.
export function avatar(user, tag = "span.avatar") {
  const shown = user.global_name ?? user.username;
  if (user.bot) return el(tag, { "aria-hidden": "true" }, el("img", { src: "static/logo.svg", alt: "" }));
  if (user.avatar) {
    const src = `avatars/${user.id}/${user.avatar}`;
    return el(tag, { "aria-hidden": "true" }, el("img", { src, alt: "" }));
  }
  const node = el(tag, { "aria-hidden": "true" }, [...shown][0].toUpperCase());
  node.classList.add(`hue-${BigInt(user.id) % 6n}`);
  return node;
}

let ids = 0;
export const freshId = (name) => `${name}-${++ids}`;

export function announce(text) {
  document.getElementById("announcer").textContent = text;
}

// Shows what went wrong for a while, for screen readers too.
export function notice(text) {
  const node = el("p.notice", {}, icon("warning"), text);
  document.getElementById("notices").append(node);
  setTimeout(() => node.remove(), 8000);
}
