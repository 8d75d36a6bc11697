// The form that the bot opened.
import { el, freshId, iconButton } from "./dom.js";
import { markdown } from "./markdown.js";
import { ask, reason } from "./socket.js";
import { store } from "./store.js";
import { t } from "./words.js";

const TEXT_INPUT = 4;
const LABEL = 18;
const TEXT_DISPLAY = 10;
const PARAGRAPH = 2;

export function start() {
  store.on("invocation", ({ invocation, modal }) => modal && open(invocation, modal));
}

function open(invocation, modal) {
  const title = freshId("title");
  const inputs = [];
  const wrong = el("p.wrong", { role: "alert" });
  const form = el(
    "form",
    { novalidate: false },
    modal.components.map((body) => part(body, inputs)),
    wrong,
  );
  const dialog = el(
    "dialog.modal",
    { "aria-labelledby": title },
    el(
      "header",
      {},
      el("h2", { id: title }, modal.title),
      iconButton("close", t("close"), { onclick: () => dialog.close() }),
    ),
    el("p.note", {}, t("modal.note", { bot: store.application.name })),
    form,
  );
  form.append(
    el(
      "footer",
      {},
      el("button.button.secondary", { type: "button", onclick: () => dialog.close() }, t("cancel")),
      el("button.button.primary", { type: "submit" }, t("submit")),
    ),
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const texts = Object.fromEntries(inputs.map((input) => [input.dataset.id, input.value]));
    try {
      await ask("submit", { invocation, texts });
      dialog.close();
    } catch (error) {
      wrong.textContent = reason(error);
    }
  });
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  inputs[0]?.focus();
}

function part(body, inputs, label = null) {
  if (body.components) return body.components.map((inner) => part(inner, inputs)).flat();
  if (body.type === LABEL) return part(body.component, inputs, body);
  if (body.type === TEXT_DISPLAY) return el("div.text", {}, markdown(body.content));
  if (body.type !== TEXT_INPUT) return el("p.unknown", {}, `[${body.type}]`);
  const input = el(body.style === PARAGRAPH ? "textarea" : "input", {
    id: freshId("field"),
    "data-id": body.custom_id,
    required: body.required ?? true,
    minlength: body.min_length,
    maxlength: body.max_length ?? 4000,
    placeholder: body.placeholder,
    rows: body.style === PARAGRAPH ? 4 : null,
  });
  input.value = body.value ?? "";
  inputs.push(input);
  const name = el("label", { for: input.id }, body.label ?? label?.label ?? body.custom_id);
  if (body.required ?? true) name.append(el("span.required", { "aria-hidden": "true" }, " *"));
  const note = label?.description && el("small", {}, label.description);
  return el("div.form-field", {}, name, note, input);
}
