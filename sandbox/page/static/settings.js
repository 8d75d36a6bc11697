// What this browser remembers of its owner's taste: language and colours. Nothing else is kept.

const PREFIX = "sokkuri-sandbox-";

export const keep = (name, value) => localStorage.setItem(PREFIX + name, value);
export const kept = (name) => localStorage.getItem(PREFIX + name);

export const theme = () => kept("theme") ?? "auto";

export function wearTheme(name) {
  keep("theme", name);
  document.documentElement.dataset.theme = name;
}
