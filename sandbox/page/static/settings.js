// Preferences that this browser stores: language, colours, and whether the panel is open. Nothing else is stored.

const PREFIX = "sokkuri-sandbox-";

export const keep = (name, value) => localStorage.setItem(PREFIX + name, value);
export const kept = (name) => localStorage.getItem(PREFIX + name);

export const theme = () => kept("theme") ?? "auto";

export function applyTheme(name) {
  keep("theme", name);
  document.documentElement.dataset.theme = name;
}
