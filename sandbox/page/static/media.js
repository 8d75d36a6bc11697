// Files as messages show them: pictures, a mosaic of several, file cards, and the large view.
import { el, icon, iconButton } from "./dom.js";
import { bytes, t } from "./words.js";

export const WIDTH = 550; // at most, of a picture or a mosaic
const MOST_HEIGHT = 350;
const DRAWN = /^image\/(png|jpeg|gif|webp|avif|svg\+xml)/;

export const isPicture = (file) => DRAWN.test(file.content_type ?? "");

// Files of attachments, gallery items, thumbnails and embeds: {url, filename, width, height, description, spoiler}.
export function ofAttachment(attachment) {
  return { ...attachment, spoiler: attachment.filename.startsWith("SPOILER_") };
}

export function ofMedia(media, { description = null, spoiler = false } = {}) {
  const name = media.url.split("/").at(-1).split("?")[0];
  return { ...media, filename: isHere(media.url) ? decodeURIComponent(name) : name, description, spoiler };
}

// Whether the address is on this server: nothing else is fetched.
function isHere(address) {
  const url = URL.parse(address, location.href);
  return url?.origin === location.origin && /^\/(files|cdn|media)\//.test(url.pathname);
}

// Several pictures side by side, or a single one in its own shape.
export function mosaic(files) {
  const node = el("div.mosaic", {});
  node.classList.add(`of-${files.length}`);
  node.append(...files.map((file) => picture(file, files)));
  return node;
}

const scaleOf = (file) => Math.min(1, WIDTH / file.width, MOST_HEIGHT / file.height);

// The height of a mosaic of this width. The ratios are those of media.css.
export function mosaicHeight(files, width) {
  if (files.length === 1)
    return files[0].height ? Math.min(width / files[0].width, scaleOf(files[0])) * files[0].height : MOST_HEIGHT;
  return ([0, 0, 1 / 2, 2 / 3, 2 / 3, 5 / 6, 2 / 3, 7 / 6, 7 / 6, 1, 3 / 2][files.length] ?? 1) * width;
}

export function picture(file, among = [file]) {
  if (!isHere(file.url))
    return el(
      "p.elsewhere",
      { title: file.url },
      icon("link"),
      el("span", {}, t("picture.elsewhere", { address: file.url })),
    );
  const alone = among.length === 1;
  const image = el("img", {
    src: file.url,
    alt: file.description ?? "",
    loading: "lazy",
    decoding: "async",
    width: file.width,
    height: file.height,
  });
  const name = file.description
    ? t("picture.open", { name: file.description })
    : t("picture.open", { name: file.filename });
  const open = el(
    "button.open",
    { type: "button", "aria-label": name, onclick: () => enlarge(among, among.indexOf(file)) },
    image,
  );
  const node = el(alone ? "figure.picture.alone" : "figure.picture", { "data-file": file.id }, open);
  if (alone && file.width) {
    node.style.inlineSize = `${Math.max(60, Math.round(file.width * scaleOf(file)))}px`;
    open.style.maxBlockSize = `${MOST_HEIGHT}px`;
    open.style.aspectRatio = `${file.width} / ${file.height}`;
  }
  image.addEventListener("error", () => node.replaceWith(fileCard(file)), { once: true });
  if (file.description) node.append(altBadge(file.description));
  if (file.spoiler) node.append(cover(node));
  return node;
}

function altBadge(text) {
  const badge = el("button.alt-badge", { type: "button", "aria-label": t("alt"), title: t("alt") }, "ALT");
  // created on the first click; from then on the button itself opens and closes it
  const make = () => {
    const note = el("p.alt-text", { popover: "auto" }, el("strong", {}, t("alt")), text);
    note.addEventListener("beforetoggle", () => {
      const { left, top } = badge.getBoundingClientRect();
      note.style.left = `${Math.max(8, Math.min(left, innerWidth - 340))}px`;
      note.style.bottom = `${innerHeight - top + 6}px`;
    });
    badge.after(note);
    badge.popoverTargetElement = note;
  };
  badge.addEventListener("click", make, { once: true });
  return badge;
}

function cover(node) {
  node.classList.add("covered");
  const reveal = () => {
    node.classList.remove("covered");
    button.remove();
    node.querySelector(".open").focus();
  };
  const button = el("button.cover", { type: "button", "aria-label": t("spoiler"), onclick: reveal }, t("spoiler.word"));
  return button;
}

export function fileCard(file) {
  const size = file.size === undefined ? "" : bytes(file.size);
  const node = el(
    "div.file-card",
    {},
    icon("file"),
    el("div", {}, el("span.name", {}, file.filename), el("small", {}, size)),
  );
  if (isHere(file.url)) {
    node.append(
      el(
        "a.icon-button",
        {
          href: file.url,
          download: file.filename,
          "aria-label": `${t("download")}: ${file.filename}`,
          title: t("download"),
        },
        icon("download"),
      ),
    );
  }
  return node;
}

// A small preview of a file that has not been sent yet.
export function thumbnail(file) {
  if (!/^image\/(png|jpeg|gif|webp|avif)/.test(file.type)) return icon("file");
  return el("img", { src: URL.createObjectURL(file), alt: "" });
}

// The large view. The arrow keys go to the next and previous picture.
function enlarge(files, at) {
  const image = el("img", {});
  const caption = el("p", {});
  const save = el("a.icon-button", { "aria-label": t("download"), title: t("download") }, icon("download"));
  const step = (by) => show((at + by + files.length) % files.length);
  const dialog = el(
    "dialog.lightbox",
    { "aria-label": t("picture", { name: "" }) },
    image,
    el("footer", {}, caption, save, iconButton("close", t("close"), { onclick: () => dialog.close() })),
  );
  if (files.length > 1) {
    dialog.append(
      iconButton("left", t("previous"), { onclick: () => step(-1) }),
      iconButton("right", t("next"), { onclick: () => step(1) }),
    );
  }
  function show(place) {
    at = place;
    const file = files[at];
    image.src = file.url;
    image.alt = file.description ?? "";
    caption.textContent = file.filename;
    save.href = file.url;
    save.download = file.filename;
    dialog.setAttribute("aria-label", t("picture", { name: file.filename }));
  }
  show(at);
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  dialog.addEventListener("keydown", (event) => {
    if (files.length > 1 && event.key === "ArrowLeft") step(-1);
    if (files.length > 1 && event.key === "ArrowRight") step(1);
  });
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
