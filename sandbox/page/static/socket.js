// The one connection to the sandbox: requests with their answers, and events.
import { hear, store } from "./store.js";
import { t } from "./words.js";

let socket;
let asked = 0;
const waiting = new Map();

export class Refused extends Error {
  constructor({ code, why }) {
    super(why);
    this.code = code;
  }
}

// `locale`: for the first connection. After that, the page stays with the same person and language.
export function connect(locale) {
  const address = new URL("socket", location.href);
  address.searchParams.set("locale", store.me ? store.locale : locale);
  if (store.me) address.searchParams.set("user", store.me);
  address.protocol = address.protocol.replace("http", "ws");
  socket = new WebSocket(address);
  socket.addEventListener("open", () => store.tell("connected", true));
  socket.addEventListener("message", ({ data }) => {
    const event = JSON.parse(data);
    if (event.type !== "done" && event.type !== "refused") return hear[event.type]?.(event);
    const { resolve, reject } = waiting.get(event.id) ?? {};
    waiting.delete(event.id);
    if (event.type === "done") resolve?.(event);
    else reject?.(new Refused(event));
  });
  socket.addEventListener("close", () => {
    for (const { reject } of waiting.values()) reject(new Refused({ code: "offline", why: "" }));
    waiting.clear();
    store.tell("connected", false);
    setTimeout(connect, 1500, locale);
  });
}

// Sends a request and returns its result. Throws Refused.
export function ask(type, what = {}) {
  return new Promise((resolve, reject) => {
    if (socket.readyState !== WebSocket.OPEN) return reject(new Refused({ code: "offline", why: "" }));
    const id = ++asked;
    waiting.set(id, { resolve, reject });
    socket.send(JSON.stringify({ ...what, type, id }));
  });
}

// Uploads a file and returns the key by which a request can use it. Throws Refused.
export async function upload(file) {
  if (file.size > store.uploadLimit) throw new Refused({ code: "too_large", why: file.name });
  const address = `uploads?name=${encodeURIComponent(file.name || "image.png")}`;
  const answer = await fetch(address, { method: "POST", body: file }).catch(() => null);
  if (!answer?.ok) throw new Refused({ code: answer?.status === 413 ? "too_large" : "offline", why: file.name });
  return (await answer.json()).upload;
}

// Why a request was refused, in the page's own words if it has any.
export function reason(error) {
  const known = { too_large: "refused.too_large", offline: "refused.offline", upload_gone: "refused.upload_gone" };
  if (!(error instanceof Refused)) throw error;
  return error.code in known
    ? t(known[error.code], { name: error.message })
    : t("refused.other", { why: error.message });
}
