// A slash command being filled in.
import { el, freshId, icon, iconButton } from "./dom.js";
import { ATTACHMENT, makeField } from "./fields.js";
import { Popup } from "./popup.js";
import { ask, reason, Refused } from "./socket.js";
import { localized, store } from "./store.js";
import { t } from "./words.js";

export class CommandForm {
  // `path`: the subcommands below `command`; `leave`: called when it is sent or given up.
  constructor(command, path, leave) {
    this.leave = leave;
    this.name = [command, ...path].map((step) => step.name).join(" ");
    const leaf = path.at(-1) ?? command;
    const options = leaf.options ?? [];
    this.fields = [];
    this.left = options.filter((option) => !option.required);
    this.title = el("span.command-name", {}, `/${[command, ...path].map((step) => localized(step, "name")).join(" ")}`);
    this.about = localized(leaf, "description");
    this.hint = el("p.hint", { id: freshId("hint"), "aria-live": "polite" }, this.about);
    this.wrong = el("p.wrong", { role: "alert" });
    this.row = el("div.fields", {});
    this.more = el("button.more-options", {
      type: "button",
      "aria-haspopup": "listbox",
      "aria-expanded": "false",
      role: "combobox",
      onclick: () => this.choices.toggle(),
    });
    this.submit = iconButton("send", t("send"), { type: "submit", class: "icon-button send" });
    this.node = el(
      "form.command",
      { "aria-label": this.title.textContent, novalidate: true },
      el("header", {}, this.title, this.hint, iconButton("close", t("command.cancel"), { onclick: () => leave() })),
      this.row,
      this.wrong,
    );
    this.choices = new Popup(this.more, {
      label: t("option.optional", { count: "" }),
      items: () =>
        this.left.map((option) => ({
          key: option.name,
          title: localized(option, "name"),
          detail: localized(option, "description"),
          option,
        })),
      along: this.node,
      above: true,
      pick: ({ option }) => this.add(option).focus(),
    });
    this.row.append(this.more, this.submit);
    this.node.addEventListener("submit", (event) => {
      event.preventDefault();
      this.send();
    });
    this.node.addEventListener("keydown", (event) => this.key(event));
    this.node.addEventListener("focusin", ({ target }) =>
      this.explain(this.fields.find((field) => field.node.contains(target))),
    );
    for (const option of options.filter((one) => one.required)) this.add(option);
    this.counts();
  }

  start() {
    if (this.fields.length) (this.fields.find((field) => field.isEmpty()) ?? this.submit).focus?.();
    else if (this.left.length) {
      this.more.focus();
      this.choices.open();
    } else this.submit.focus();
  }

  end() {
    for (const field of this.fields) field.end?.();
    this.choices.close();
    this.node.remove();
  }

  add(option) {
    this.choices.close();
    const field = makeField(option, this);
    this.fields.push(field);
    this.left = this.left.filter((one) => one !== option);
    if (!option.required)
      field.node.append(
        iconButton("close", t("option.remove", { name: localized(option, "name") }), {
          class: "icon-button remove",
          onclick: () => this.drop(field),
        }),
      );
    this.row.insertBefore(field.node, this.more);
    this.counts();
    return field;
  }

  drop(field) {
    field.end?.();
    field.node.remove();
    this.fields = this.fields.filter((one) => one !== field);
    this.left.push(field.option);
    this.counts();
    this.more.focus();
  }

  // Moves from a field that is filled to the next required one.
  goOn(field) {
    const after = this.fields.slice(this.fields.indexOf(field) + 1);
    after.find((one) => one.option.required && one.isEmpty())?.focus();
  }

  counts() {
    this.more.hidden = this.left.length === 0;
    const words = t("option.optional", { count: this.left.length });
    this.more.replaceChildren(icon("plus"), words);
    this.more.setAttribute("aria-label", words);
  }

  explain(field) {
    this.hint.textContent = field
      ? `${localized(field.option, "name")}: ${localized(field.option, "description")}`
      : this.about;
  }

  // Puts dropped or pasted files into the options that have none yet.
  take(files) {
    for (const file of files) {
      const empty = this.fields.find((field) => field.option.type === ATTACHMENT && field.isEmpty());
      const next = this.left.find((option) => option.type === ATTACHMENT);
      if (!empty && !next) return;
      (empty ?? this.add(next)).set(file);
    }
    (this.fields.find((field) => field.isEmpty()) ?? this.submit).focus();
  }

  key(event) {
    if (event.defaultPrevented || event.isComposing) return;
    if (event.key === "Escape") {
      event.preventDefault();
      this.leave();
    } else if (event.key === "Enter" && event.target.matches("input")) {
      event.preventDefault();
      this.node.requestSubmit();
    } else if (event.key === "Backspace" && event.target.value === "" && event.target.matches("input")) {
      const field = this.fields.find((one) => one.node.contains(event.target));
      if (field && !field.option.required) {
        event.preventDefault();
        this.drop(field);
      }
    }
  }

  // Uploads files and returns the values of the fields by option. Throws Refused.
  async values(fields) {
    const filled = fields.filter((field) => !field.isEmpty());
    return Object.fromEntries(await Promise.all(filled.map(async (field) => [field.option.name, await field.value()])));
  }

  async send() {
    if (this.node.hasAttribute("aria-busy")) return;
    this.wrong.textContent = "";
    const faults = this.fields.map((field) => field.check());
    const first = faults.findIndex(Boolean);
    if (first >= 0) {
      this.wrong.textContent = `${localized(this.fields[first].option, "name")}: ${faults[first]}`;
      return this.fields[first].focus();
    }
    this.node.setAttribute("aria-busy", "true");
    this.hint.textContent = t("command.sending");
    try {
      const channel = store.here;
      const { invocation } = await ask("slash", {
        channel,
        command: this.name,
        options: await this.values(this.fields),
      });
      store.tell("sent", { invocation, command: this.name });
      this.leave();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.wrong.textContent = reason(error);
      this.node.removeAttribute("aria-busy");
      this.explain();
    }
  }
}
