// The state of the page, and the listeners for its changes.
import { speak } from "./words.js";

const MOST_TRACED = 1000;

const listeners = new Map();

export const store = {
  me: null, // the id of the current person
  locale: "en-US", // the language of their Discord, and of this page if it has words for it
  people: new Map(),
  roles: new Map(),
  channels: new Map(),
  messages: new Map(), // by channel: messages by id, oldest first
  unread: new Set(),
  bot: { ready: false, commands: [], offered: {} },
  trace: [],
  faults: null,
  here: null, // the id of the channel on screen

  // Returns a function that removes the listener.
  on(type, listener) {
    if (!listeners.has(type)) listeners.set(type, []);
    listeners.get(type).push(listener);
    return () =>
      listeners.set(
        type,
        listeners.get(type).filter((one) => one !== listener),
      );
  },
  tell(type, what) {
    for (const listener of [...(listeners.get(type) ?? [])]) listener(what);
  },
  go(channel) {
    store.here = channel;
    store.unread.delete(channel);
    store.tell("went", channel);
  },
};

const byId = (list) => new Map(list.map((one) => [one.id, one]));

// Applies what the server sends.
export const hear = {
  snapshot(event) {
    const { me, locale, locales, guild, application, bot, upload_limit: uploadLimit } = event;
    Object.assign(store, { me, locale, locales, guild, application, bot, uploadLimit });
    speak(locale);
    store.people = byId(event.people);
    store.roles = byId(event.roles);
    store.channels = byId(event.channels);
    store.messages = new Map(Object.entries(event.messages).map(([channel, list]) => [channel, byId(list)]));
    store.trace = event.trace ?? [];
    store.faults = event.faults ?? null;
    if (!store.channels.has(store.here)) store.here = event.channels[0]?.id ?? null;
    store.tell("snapshot");
  },
  message({ message }) {
    const channel = store.messages.get(message.channel_id) ?? new Map();
    const isNew = !channel.has(message.id);
    channel.set(message.id, message);
    store.messages.set(message.channel_id, channel);
    if (isNew && message.channel_id !== store.here) store.unread.add(message.channel_id);
    store.tell("message", { message, isNew });
  },
  deleted({ channel, message }) {
    store.messages.get(channel)?.delete(message);
    store.tell("deleted", { channel, message });
  },
  thread({ channel }) {
    store.channels.set(channel.id, channel);
    if (!store.messages.has(channel.id)) store.messages.set(channel.id, new Map());
    store.tell("channels");
  },
  bot({ bot }) {
    store.bot = bot;
    store.tell("bot");
  },
  invocation(event) {
    store.tell("invocation", event);
  },
  trace({ entry }) {
    store.trace.push(entry);
    if (store.trace.length > MOST_TRACED) store.trace.shift();
    store.tell("trace", entry);
  },
  faults({ faults }) {
    store.faults = faults;
    store.tell("faults");
  },
};

export function personName(user) {
  return user.global_name ?? user.username;
}

export function nameOf(id) {
  const user = store.people.get(id);
  return user ? personName(user) : (store.channels.get(id)?.name ?? "?");
}

export function channelName(channel) {
  return channel.name ?? store.application.name;
}

export function placeName(channel) {
  return channel.type === 1 ? `@${channelName(channel)}` : `#${channelName(channel)}`;
}

// The name or description of a command, option or choice in the person's language, as Discord picks it.
export function localized(thing, key) {
  return thing[`${key}_localizations`]?.[store.locale] ?? thing[key];
}

// The commands of one type (1 slash, 2 user, 3 message) that are offered in the channel on screen.
export function commandsHere(kind) {
  const offered = store.bot.offered[store.here] ?? [];
  return store.bot.commands.filter((command) => command.type === kind && offered.includes(command.id));
}
