// Embeds: https://discord.com/developers/docs/resources/message#embed-object
import { el } from "./dom.js";
import { markdown } from "./markdown.js";
import { ofMedia, picture } from "./media.js";
import { briefly } from "./words.js";

export function colour(node, number) {
  if (number !== null && number !== undefined)
    node.style.setProperty("--accent", `#${number.toString(16).padStart(6, "0")}`);
}

export function embed(body) {
  const title = body.title && el("p.embed-title", {}, markdown(body.title));
  if (title && body.url) title.classList.add("link");
  const footer = [body.footer?.text, body.timestamp && briefly(new Date(body.timestamp))].filter(Boolean).join(" • ");
  const fields = (body.fields ?? []).map((field) =>
    el(
      field.inline ? "div.field.inline" : "div.field",
      {},
      el("p.field-name", {}, markdown(field.name)),
      el("div.text", {}, markdown(field.value)),
    ),
  );
  const node = el(
    "article.embed",
    {},
    body.author?.name && el("p.embed-author", {}, body.author.name),
    title,
    body.description && el("div.text", {}, markdown(body.description)),
    fields.length > 0 && el("div.fields", {}, fields),
    body.image?.url && picture(ofMedia(body.image)),
    body.thumbnail?.url && el("div.thumbnail", {}, picture(ofMedia(body.thumbnail))),
    footer && el("p.embed-footer", {}, footer),
  );
  colour(node, body.color);
  return node;
}
