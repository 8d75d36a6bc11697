// The fields of a slash command, one for each type of option.
import { offered } from "./components.js";
import { el, freshId, icon } from "./dom.js";
import { thumbnail } from "./media.js";
import { Popup } from "./popup.js";
import { ask, Refused, upload } from "./socket.js";
import { localized, store } from "./store.js";
import { t } from "./words.js";

const [STRING, INTEGER, BOOLEAN, USER, CHANNEL, ROLE, MENTIONABLE] = [3, 4, 5, 6, 7, 8, 9];
export const ATTACHMENT = 11;
const AS_SELECT = { [USER]: 5, [ROLE]: 6, [MENTIONABLE]: 7, [CHANNEL]: 8 };
const WAIT_TYPING_MS = 200;

// A field has `node`, `isEmpty()`, `check()` (returns what is wrong, or nothing), `value()` and `focus()`.
export function makeField(option, form) {
  if (option.type === ATTACHMENT) return new FileField(option);
  if (option.choices?.length || option.type === BOOLEAN || option.type in AS_SELECT)
    return new ChoiceField(option, form);
  if (option.autocomplete) return new ChoiceField(option, form, true);
  return new TextField(option, form);
}

class Field {
  constructor(option) {
    this.option = option;
    this.id = freshId("option");
    const name = el("label", { for: this.id }, localized(option, "name"));
    if (option.required) name.append(el("span.required", { "aria-hidden": "true" }, " *"));
    this.node = el("div.option-field", { "data-option": option.name }, name);
  }

  // Marks the field as wrong or right, and returns what is wrong.
  judge(fault) {
    this.node.classList.toggle("bad", Boolean(fault));
    if (fault) this.input.setAttribute("aria-invalid", "true");
    else this.input.removeAttribute("aria-invalid");
    return fault;
  }

  focus() {
    this.input.focus();
  }
}

class FileField extends Field {
  constructor(option) {
    super(option);
    this.file = null;
    this.picker = el("input", { type: "file", hidden: true });
    this.input = el("button.file", {
      type: "button",
      id: this.id,
      onclick: () => this.picker.click(),
      "aria-required": null,
    });
    this.picker.addEventListener("change", () => this.picker.files.length && this.set(this.picker.files[0]));
    this.node.classList.add("for-file");
    this.node.append(this.input, this.picker);
    this.draw();
  }

  set(file) {
    this.file = file;
    this.judge(this.check());
    this.draw();
    this.focus();
  }

  draw() {
    this.end();
    const shown = this.file
      ? [thumbnail(this.file), el("span.name", {}, this.file.name)]
      : [icon("upload"), el("span.name", {}, t("option.choose")), el("small", {}, t("option.drop"))];
    this.input.replaceChildren(...shown);
    this.input.setAttribute(
      "aria-label",
      `${localized(this.option, "name")}: ${this.file?.name ?? t("option.choose")}`,
    );
    this.node.classList.toggle("filled", Boolean(this.file));
  }

  isEmpty() {
    return this.file === null;
  }

  check() {
    if (this.file && this.file.size > store.uploadLimit)
      return this.judge(t("refused.too_large", { name: this.file.name }));
    return this.judge(this.option.required && !this.file ? t("option.missing") : null);
  }

  value() {
    return upload(this.file);
  }

  end() {
    const image = this.input.querySelector("img");
    if (image) URL.revokeObjectURL(image.src);
  }
}

class TextField extends Field {
  constructor(option) {
    super(option);
    const isNumber = option.type !== STRING;
    this.input = el("input", {
      type: "text",
      id: this.id,
      inputmode: isNumber ? (option.type === INTEGER ? "numeric" : "decimal") : null,
      maxlength: option.max_length ?? (isNumber ? 20 : 6000),
      autocomplete: "off",
      "aria-required": option.required ? "true" : null,
    });
    this.input.addEventListener("input", () => this.node.classList.contains("bad") && this.check());
    this.node.append(this.input);
  }

  isEmpty() {
    return this.input.value.trim() === "";
  }

  check() {
    return this.judge(
      this.isEmpty() ? (this.option.required ? t("option.missing") : null) : bounds(this.option, this.value()),
    );
  }

  value() {
    return this.option.type === STRING ? this.input.value : Number(this.input.value.normalize("NFKC"));
  }
}

function bounds(option, value) {
  const isText = option.type === STRING;
  const size = isText ? value.length : value;
  if (option.type === INTEGER && !Number.isSafeInteger(value)) return t("option.integer");
  if (Number.isNaN(size)) return t("option.number");
  const least = isText ? option.min_length : option.min_value;
  const most = isText ? option.max_length : option.max_value;
  if ((least === undefined || size >= least) && (most === undefined || size <= most)) return null;
  if (least !== undefined && most !== undefined) return t("option.range", { least, most });
  return least === undefined ? t("option.most", { most }) : t("option.least", { least });
}

// For choices, people and channels, true and false, and suggestions of the bot while somebody types (`asks`).
class ChoiceField extends Field {
  constructor(option, form, asks = false) {
    super(option);
    this.form = form;
    this.asks = asks;
    this.picked = null;
    this.input = el("input", {
      type: "text",
      id: this.id,
      role: "combobox",
      "aria-expanded": "false",
      "aria-autocomplete": "list",
      autocomplete: "off",
      "aria-required": option.required ? "true" : null,
    });
    this.node.append(this.input);
    this.popup = new Popup(this.input, {
      label: localized(option, "name"),
      items: (typed) => this.items(typed),
      along: form.node,
      above: true,
      tabMoves: true,
      pick: (item, byTab) => this.pick(item, byTab),
    });
    this.input.addEventListener("input", () => {
      this.picked = null;
      this.popup.open();
    });
    this.input.addEventListener("focus", () => !this.picked && this.popup.open());
    this.input.addEventListener("click", () => this.popup.open());
    this.input.addEventListener("blur", () => this.popup.close());
    this.input.addEventListener("keydown", (event) => {
      if (event.defaultPrevented || !["ArrowDown", "ArrowUp"].includes(event.key)) return;
      event.preventDefault();
      this.popup.open();
    });
  }

  items(typed) {
    const sought = this.picked ? "" : typed.trim().toLowerCase();
    if (this.asks) return this.suggested(typed);
    return this.all().filter((item) => item.title.toLowerCase().includes(sought));
  }

  all() {
    const { option } = this;
    if (option.type === BOOLEAN)
      return [true, false].map((value) => ({ key: String(value), title: t(String(value)), value }));
    if (option.type in AS_SELECT)
      return offered({ type: AS_SELECT[option.type], channel_types: option.channel_types }).map((item) => ({
        ...item,
        value: item.key,
      }));
    return option.choices.map((choice) => ({
      key: String(choice.value),
      title: localized(choice, "name"),
      value: choice.value,
    }));
  }

  async suggested(typed) {
    const turn = (this.turn = (this.turn ?? 0) + 1);
    await new Promise((resume) => setTimeout(resume, WAIT_TYPING_MS));
    if (turn !== this.turn) return [];
    const others = this.form.fields.filter((field) => field !== this && field.option.type !== ATTACHMENT);
    try {
      const options = { ...(await this.form.values(others)), [this.option.name]: typed };
      const { choices } = await ask("autocomplete", {
        channel: store.here,
        command: this.form.name,
        options,
        typing: this.option.name,
      });
      return choices.map((choice) => ({
        key: String(choice.value),
        title: localized(choice, "name"),
        value: choice.value,
      }));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      return [];
    }
  }

  pick(item, byTab) {
    this.picked = item;
    this.input.value = item.title;
    this.check();
    if (!byTab) this.form.goOn(this); // Tab moves on by itself
  }

  isEmpty() {
    return !this.picked && this.input.value.trim() === "";
  }

  check() {
    if (this.isEmpty()) return this.judge(this.option.required ? t("option.missing") : null);
    return this.judge(this.picked || this.asks ? null : t("option.pick"));
  }

  // Text that the bot did not suggest can be sent as well.
  value() {
    if (this.picked) return this.picked.value;
    return this.option.type === STRING ? this.input.value : Number(this.input.value);
  }

  end() {
    this.popup.close();
  }
}
