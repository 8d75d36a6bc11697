// Turns Discord's markdown into nodes. Links are shown but lead nowhere: the sandbox opens no foreign address.
import { el } from "./dom.js";
import { store, nameOf } from "./store.js";
import { relative, t, when } from "./words.js";

// Each rule matches at the start of the remaining text: its pattern, and the node that it makes.
const INLINE = [
  [/^\\([^\p{L}\p{N}\s])/u, (match) => match[1]],
  [/^(`+)([^]*?[^`])\1(?!`)/, (match) => el("code", {}, match[2].replace(/^ (.*) $/, "$1"))],
  [/^\|\|([^]+?)\|\|/, (match) => spoiler(inline(match[1]))],
  [/^\*\*\*([^]+?)\*\*\*/, (match) => el("strong", {}, el("em", {}, inline(match[1])))],
  [/^\*\*([^]+?)\*\*(?!\*)/, (match) => el("strong", {}, inline(match[1]))],
  [/^__([^]+?)__(?!_)/, (match) => el("u", {}, inline(match[1]))],
  [/^\*(?=\S)([^*]+?)\*(?!\*)/, (match) => el("em", {}, inline(match[1]))],
  [/^_([^_]+?)_(?![\p{L}\p{N}_])/u, (match) => el("em", {}, inline(match[1]))],
  [/^~~([^]+?)~~/, (match) => el("s", {}, inline(match[1]))],
  [/^\[([^\]\n]+)\]\(<?(https?:\/\/[^\s)>]+)>?(?: "[^"]*")?\)/, (match) => inert(inline(match[1]), match[2])],
  [/^<(https?:\/\/[^\s>]+)>/, (match) => inert([match[1]], match[1])],
  [/^https?:\/\/[^\s<]+[^\s<.,:;"')\]]/, (match) => inert([match[0]], match[0])],
  [/^<@!?(\d+)>/, (match) => el("span.mention", {}, `@${nameOf(match[1])}`)],
  [/^<@&(\d+)>/, (match) => el("span.mention", {}, `@${store.roles.get(match[1])?.name ?? "?"}`)],
  [/^<#(\d+)>/, (match) => channelMention(match[1])],
  [/^<t:(-?\d+)(?::([tTdDfFR]))?>/, (match) => timestamp(Number(match[1]), match[2] ?? "f")],
  [/^<a?:(\w+):\d+>/, (match) => `:${match[1]}:`],
  [/^<\/([^:]+):\d+>/, (match) => el("span.mention", {}, `/${match[1]}`)],
  [/^@(?:everyone|here)/, (match) => el("span.mention", {}, match[0])],
  [/^(?:[^\\`|*_~[<@h]+|[^])/, (match) => match[0]],
];

function inline(text) {
  const nodes = [];
  while (text) {
    for (const [pattern, make] of INLINE) {
      const match = pattern.exec(text);
      if (!match) continue;
      nodes.push(make(match));
      text = text.slice(match[0].length);
      break;
    }
  }
  return nodes;
}

function inert(children, address) {
  return el("span.link", { title: address }, children);
}

function channelMention(id) {
  const channel = store.channels.get(id);
  if (!channel) return el("span.mention", {}, "#?");
  return el("button.mention", { type: "button", onclick: () => store.go(id) }, `#${channel.name ?? nameOf(id)}`);
}

function timestamp(seconds, style) {
  const date = new Date(seconds * 1000);
  const shown = style === "R" ? relative(date) : when(date, style);
  return el("time", { datetime: date.toISOString(), title: when(date, "F") }, shown);
}

export function spoiler(children) {
  const node = el(
    "span.spoiler",
    { role: "button", tabindex: 0, "aria-expanded": "false", "aria-label": t("spoiler") },
    el("span", { inert: true }, children),
  );
  const reveal = () => {
    node.classList.add("open");
    node.firstChild.removeAttribute("inert");
    for (const name of ["role", "tabindex", "aria-label", "aria-expanded"]) node.removeAttribute(name);
  };
  node.addEventListener("click", reveal);
  node.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      reveal();
    }
  });
  return node;
}

const BLOCKS = [
  [/^```(?:([\w+-]+)\n)?\n?([^]+?)\n?```\n?/, (match) => el("pre", { tabindex: 0 }, el("code", {}, match[2]))],
  [/^>>> ([^]*)$/, (match) => el("blockquote", {}, markdown(match[1]))],
  [
    /^(?:> [^\n]*(?:\n|$))+/,
    (match) => el("blockquote", {}, markdown(match[0].replace(/^> /gm, "").replace(/\n$/, ""))),
  ],
  [
    /^(#{1,3}) +([^\n]+)(?:\n|$)/,
    (match) =>
      el(
        `p.heading.level-${match[1].length}`,
        { role: "heading", "aria-level": 2 + match[1].length },
        inline(match[2]),
      ),
  ],
  [/^-# +([^\n]+)(?:\n|$)/, (match) => el("small.subtext", {}, inline(match[1]))],
  [/^(?:[ \t]*(?:[-*]|\d+\.) +[^\n]+(?:\n|$))+/, (match) => list(match[0].replace(/\n$/, "").split("\n"))],
];

function list(lines) {
  const indent = (line) => /^\s*/.exec(line)[0].length;
  const least = indent(lines[0]);
  const ordered = /^\s*\d+\./.test(lines[0]);
  const node = el(ordered ? "ol" : "ul", ordered ? { start: parseInt(lines[0].trim(), 10) } : {});
  for (let at = 0; at < lines.length;) {
    const item = el("li", {}, inline(lines[at].replace(/^\s*(?:[-*]|\d+\.) +/, "")));
    let end = at + 1;
    while (end < lines.length && indent(lines[end]) > least) end++;
    if (end > at + 1) item.append(list(lines.slice(at + 1, end)));
    node.append(item);
    at = end;
  }
  return node;
}

export function markdown(text) {
  const nodes = [];
  let plain = "";
  const flush = () => {
    if (plain.trim()) nodes.push(el("p", {}, inline(plain.replace(/\n$/, ""))));
    plain = "";
  };
  while (text) {
    const block = BLOCKS.map(([pattern, make]) => [pattern.exec(text), make]).find(([match]) => match);
    if (block) {
      flush();
      nodes.push(block[1](block[0]));
      text = text.slice(block[0][0].length);
      continue;
    }
    // a line, or the part of it before a block of code
    const line = /^[^\n]*?(?=```[^]+?```)|^[^\n]*(?:\n|$)/.exec(text)[0] || text[0];
    plain += line;
    text = text.slice(line.length);
  }
  flush();
  return nodes;
}
