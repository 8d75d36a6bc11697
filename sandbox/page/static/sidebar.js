// Channels and threads, and at the bottom the current person.
import { avatar, el, freshId, icon, iconButton, notice } from "./dom.js";
import { ask, reason } from "./socket.js";
import { channelName, personName, store } from "./store.js";
import { keep, theme, applyTheme } from "./settings.js";
import { languageName, spokenLocales, t } from "./words.js";

const DIRECT = 1;
const THREADS = [10, 11, 12];
const CATEGORY = 4;

const sidebar = document.getElementById("sidebar");

export function start() {
  for (const event of ["snapshot", "channels", "went", "bot"]) store.on(event, draw);
  store.on("message", ({ isNew }) => isNew && draw());
}

export function isThread(channel) {
  return THREADS.includes(channel.type);
}

function draw() {
  const focused = sidebar.contains(document.activeElement) ? document.activeElement.dataset.key : null;
  sidebar.setAttribute("aria-label", t("places"));
  const channels = [...store.channels.values()];
  const top = channels.filter((one) => !isThread(one) && one.type !== DIRECT && one.type !== CATEGORY);
  const direct = channels.filter((one) => one.type === DIRECT);
  sidebar.replaceChildren(
    el(
      "header",
      {},
      el("img", { src: "static/logo.svg", alt: "", width: 28, height: 28 }),
      el("h1", {}, store.guild.name),
    ),
    el(
      "div.places",
      {},
      el("h2.group", {}, t("channels")),
      el(
        "ul",
        {},
        top.map((channel) => el("li", {}, place(channel, "hash"), threadsOf(channel, channels))),
      ),
      el("h2.group", {}, t("direct")),
      el(
        "ul",
        {},
        direct.map((channel) => el("li", {}, place(channel, "direct"))),
      ),
    ),
    you(),
  );
  if (focused) sidebar.querySelector(`[data-key="${focused}"]`)?.focus();
}

function threadsOf(channel, channels) {
  const threads = channels.filter((one) => one.parent_id === channel.id && isThread(one));
  return el(
    "ul.threads",
    {},
    threads.map((thread) => el("li", {}, place(thread, "thread"))),
    el(
      "li",
      {},
      el(
        "button.place.new",
        { type: "button", "data-key": `new-${channel.id}`, onclick: () => openThread(channel) },
        icon("plus"),
        el("span", {}, t("thread.new")),
      ),
    ),
  );
}

function place(channel, mark) {
  const isHere = channel.id === store.here;
  const isUnread = store.unread.has(channel.id);
  const node = el(
    "button.place",
    {
      type: "button",
      "data-key": channel.id,
      "aria-current": isHere ? "page" : null,
      onclick: () => store.go(channel.id),
    },
    icon(mark),
    el("span", {}, channelName(channel)),
    isUnread && el("span.hidden-text", {}, `, ${t("unread")}`),
  );
  if (isUnread) node.classList.add("unread");
  return node;
}

function openThread(channel) {
  const input = el("input", { type: "text", required: true, maxlength: 100, id: freshId("name") });
  const wrong = el("p.wrong", { role: "alert" });
  const title = freshId("title");
  const form = el("form", {}, el("div.form-field", {}, el("label", { for: input.id }, t("thread.name")), input), wrong);
  const dialog = el(
    "dialog.modal",
    { "aria-labelledby": title },
    el(
      "header",
      {},
      el("h2", { id: title }, t("thread.new")),
      iconButton("close", t("close"), { onclick: () => dialog.close() }),
    ),
    form,
  );
  form.append(
    el(
      "footer",
      {},
      el("button.button.secondary", { type: "button", onclick: () => dialog.close() }, t("cancel")),
      el("button.button.primary", { type: "submit" }, t("thread.create")),
    ),
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      const { channel: id } = await ask("open_thread", { channel: channel.id, name: input.value });
      dialog.close();
      store.go(id);
    } catch (error) {
      wrong.textContent = reason(error);
    }
  });
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  input.focus();
}

// ---------------------------------------------------------------- who sits here

function you() {
  const me = store.people.get(store.me);
  const part = `${t(me.part)} • ${languageName(store.locale)}`;
  const button = el(
    "button.you",
    { type: "button", "data-key": "you", "aria-haspopup": "dialog", title: t("you.open"), onclick: () => openYou() },
    avatar(me),
    el("span.texts", {}, el("span.title", {}, personName(me)), el("small", {}, part)),
    icon("gear"),
  );
  button.setAttribute("aria-label", `${personName(me)}, ${part}. ${t("you.open")}`);
  return button;
}

function openYou() {
  const title = freshId("title");
  const dialog = el(
    "dialog.modal",
    { "aria-labelledby": title },
    el(
      "header",
      {},
      el("h2", { id: title }, t("you")),
      iconButton("close", t("close"), { onclick: () => dialog.close() }),
    ),
    choice(
      "person",
      t("you.who"),
      people().map((user) => [user.id, [avatar(user), `${personName(user)} `, el("small", {}, t(user.part))]]),
      store.me,
      (user) => become({ user }),
    ),
    languages(),
    choice(
      "theme",
      t("you.theme"),
      ["auto", "light", "dark"].map((one) => [one, [t(`theme.${one}`)]]),
      theme(),
      applyTheme,
    ),
  );
  // for another person or another language, the same form is drawn again
  const forget = store.on("snapshot", () => {
    const focused = document.activeElement;
    end();
    openYou();
    document.querySelector(focused.localName === "select" ? "dialog select" : "dialog [name=person]:checked")?.focus();
  });
  const end = () => {
    forget();
    dialog.remove();
  };
  dialog.addEventListener("close", () => {
    end();
    sidebar.querySelector(".you").focus();
  });
  document.body.append(dialog);
  dialog.showModal();
}

const people = () => [...store.people.values()].filter((user) => !user.bot);

function choice(name, legend, entries, chosen, pick) {
  return el(
    "fieldset",
    {},
    el("legend", {}, legend),
    entries.map(([value, shown]) =>
      el(
        "label.radio",
        {},
        el("input", { type: "radio", name, value, checked: value === chosen, onchange: () => pick(value) }),
        ...shown,
      ),
    ),
  );
}

function languages() {
  const id = freshId("language");
  const select = el("select", { id, onchange: () => become({ locale: select.value }) });
  for (const code of [...spokenLocales, ...store.locales.filter((one) => !spokenLocales.includes(one))]) {
    select.append(el("option", { value: code, selected: code === store.locale }, languageName(code)));
  }
  return el("div.form-field", {}, el("label", { for: id }, t("you.language")), select);
}

// `changed`: only `user` or `locale`. The other may just have changed too, which is known here only after the snapshot.
async function become(changed) {
  if (changed.locale) keep("locale", changed.locale);
  try {
    await ask("whoami", changed);
  } catch (error) {
    notice(reason(error));
  }
}
