// A list to choose from, above or below the control that opens it: select menus, options of commands, commands.
import { el, freshId, icon } from "./dom.js";
import { t } from "./words.js";

const GAP = 6;

// Items are {key, title, detail, mark (a node), group, chosen}. `control` keeps the focus and gets the keys, except
// with `search`, which adds a field of its own. `several`: {least, most} to choose; `picked` then gets their keys at
// the end.
// `along`: the node whose width the list takes, instead of the control's; `above`: the list opens above the control if
// it fits; `tabMoves`: Tab takes what was typed and moves on.
export class Popup {
  constructor(
    control,
    {
      label,
      items,
      pick,
      several = null,
      picked = null,
      search = false,
      along = null,
      above = false,
      tabMoves = false,
      empty = () => t("nothing"),
    },
  ) {
    Object.assign(this, { control, items, pick, several, picked, along, above, tabMoves, empty });
    this.shown = [];
    this.at = -1;
    this.list = el("div.options", {
      role: "listbox",
      id: freshId("list"),
      "aria-label": label,
      "aria-multiselectable": several ? "true" : null,
      tabindex: -1,
    });
    this.note = el("p.note", { role: "status" });
    this.search =
      search &&
      el("input", {
        type: "text",
        role: "combobox",
        "aria-expanded": "true",
        "aria-controls": this.list.id,
        "aria-autocomplete": "list",
        "aria-label": t("select.search"),
        placeholder: t("select.search"),
      });
    this.node = el("div.popup", { popover: "manual" }, this.search, this.note, this.list);
    if (several)
      this.node.append(el("button.button.primary", { type: "button", onclick: () => this.close() }, t("select.done")));
    this.keys = this.search || control;
    this.keys.addEventListener("keydown", (event) => this.key(event));
    this.search?.addEventListener?.("input", () => this.refresh());
    this.follow = () => this.place();
    this.away = (event) => !this.node.contains(event.target) && !control.contains(event.target) && this.close();
    this.list.addEventListener("pointerdown", (event) => event.preventDefault()); // keeps the focus
    control.setAttribute("aria-controls", this.list.id);
  }

  get isOpen() {
    return this.node.isConnected;
  }

  toggle() {
    if (this.isOpen) this.close();
    else this.open();
  }

  open() {
    if (this.isOpen) return this.refresh();
    this.control.closest("dialog, main, aside").append(this.node);
    this.node.showPopover();
    if (this.control.matches("[role=combobox]")) this.control.setAttribute("aria-expanded", "true");
    document.addEventListener("pointerdown", this.away);
    document.addEventListener("scroll", this.follow, true);
    addEventListener("resize", this.follow);
    if (this.search) {
      this.search.value = "";
      this.search.focus();
    }
    this.kept = null;
    this.refresh();
  }

  close() {
    if (!this.isOpen) return;
    const hadFocus = this.node.contains(document.activeElement);
    document.removeEventListener("pointerdown", this.away);
    document.removeEventListener("scroll", this.follow, true);
    removeEventListener("resize", this.follow);
    this.node.remove();
    this.keys.removeAttribute("aria-activedescendant");
    if (this.control.matches("[role=combobox]")) this.control.setAttribute("aria-expanded", "false");
    if (hadFocus) this.control.focus();
    if (this.several && this.kept && this.kept.length >= this.several.least) this.picked(this.kept);
  }

  // Draws the current items; `items` may return a promise.
  async refresh() {
    const found = this.items(this.search ? this.search.value : (this.control.value ?? ""));
    if (found instanceof Promise) {
      if (!this.shown.length) this.say(t("loading"));
      this.place();
    }
    const turn = (this.turn = (this.turn ?? 0) + 1);
    const all = await found;
    if (turn !== this.turn || !this.isOpen) return;
    const sought = this.search ? this.search.value.toLowerCase() : "";
    this.shown = all.filter((item) => !sought || item.title.toLowerCase().includes(sought));
    this.chosen = this.kept ?? this.shown.filter((item) => item.chosen).map((item) => item.key);
    this.draw();
    this.move(
      Math.max(
        0,
        this.shown.findIndex((item) => this.chosen.includes(item.key)),
      ),
    );
    this.place();
  }

  draw() {
    const nodes = [];
    let group;
    this.shown.forEach((item, at) => {
      if (item.group !== group) nodes.push(el("p.group", { role: "presentation" }, (group = item.group)));
      nodes.push(this.option(item, at));
    });
    this.list.replaceChildren(...nodes);
    this.say(this.shown.length ? "" : this.empty());
  }

  // Shows words in place of the list.
  say(words) {
    this.note.textContent = words;
    this.list.hidden = words !== "";
  }

  option(item, at) {
    const isChosen = this.chosen.includes(item.key);
    const texts = el("span.texts", {}, el("span.title", {}, item.title), item.detail && el("small", {}, item.detail));
    const node = el(
      "div.option",
      {
        role: "option",
        id: `${this.list.id}-${at}`,
        "aria-selected": isChosen ? "true" : "false",
        "data-key": item.key,
      },
      item.mark,
      texts,
      this.several ? el("span.box", {}, isChosen && icon("check")) : isChosen && icon("check"),
    );
    node.addEventListener("click", () => this.take(at));
    node.addEventListener("pointermove", () => at !== this.at && this.move(at));
    return node;
  }

  move(at) {
    this.list.querySelector(".active")?.classList.remove("active");
    this.at = this.shown.length ? (at + this.shown.length) % this.shown.length : -1;
    const node = document.getElementById(`${this.list.id}-${this.at}`);
    if (!node) return this.keys.removeAttribute("aria-activedescendant");
    node.classList.add("active");
    node.scrollIntoView({ block: "nearest" });
    this.keys.setAttribute("aria-activedescendant", node.id);
  }

  take(at, byTab = false) {
    const item = this.shown[at];
    if (!item) return;
    if (!this.several) {
      this.close();
      return this.pick(item, byTab);
    }
    const kept = new Set(this.chosen);
    if (!kept.delete(item.key) && kept.size < this.several.most) kept.add(item.key);
    this.kept = this.chosen = [...kept];
    this.draw();
    this.move(at);
  }

  // Handles the keys that are for the list.
  key(event) {
    if (!this.isOpen || event.isComposing) return;
    const does = {
      ArrowDown: () => this.move(this.at + 1),
      ArrowUp: () => this.move(this.at - 1),
      Enter: () => this.take(this.at),
      Tab: () => (this.several || !this.control.value ? this.close() : this.take(this.at, true)),
      Escape: () => this.close(),
      " ": this.control.localName === "button" && !this.search ? () => this.take(this.at) : null,
    }[event.key];
    if (!does || (event.key === "Tab" && event.shiftKey)) return;
    if (event.key === "Enter" && !this.shown.length) return;
    if (event.key !== "Tab" || !this.tabMoves) event.preventDefault();
    event.stopImmediatePropagation();
    does(event);
  }

  place() {
    const around = (this.along ?? this.control).getBoundingClientRect();
    const above = around.top;
    const below = innerHeight - around.bottom;
    const { style } = this.node;
    style.minWidth = `${Math.min(around.width, innerWidth - 16)}px`;
    style.maxHeight = `${Math.min(420, Math.max(above, below) - 2 * GAP)}px`;
    if (this.along) style.width = `${around.width}px`;
    const width = this.node.offsetWidth;
    style.left = `${Math.max(8, Math.min(around.left, innerWidth - width - 8))}px`;
    const onTop =
      (this.above && above > this.node.offsetHeight + GAP) ||
      (below < Math.min(this.node.offsetHeight, 320) && above > below);
    style.top = onTop ? "auto" : `${around.bottom + GAP}px`;
    style.bottom = onTop ? `${innerHeight - around.top + GAP}px` : "auto";
  }
}
