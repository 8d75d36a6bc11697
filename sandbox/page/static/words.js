// The page's own words. The bot's come from the bot.

const answer = await fetch(`words?browser=${encodeURIComponent(navigator.language)}`);
const { texts, languages, locale: preferred } = await answer.json();

// Discord's locales: the one that suits this browser, and all those that the page has words for.
export const preferredLocale = preferred;
export const spokenLocales = Object.keys(languages);

let locale = preferred;

const language = () => languages[locale] ?? "en";

// Switches to this language if the page has words for it. `of`: one of Discord's locales.
export function speak(of) {
  locale = of;
  document.documentElement.lang = language();
}

// t("used", { who, what }): a text in the current language.
export function t(key, values = {}) {
  return texts[language()][key].replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

const FORMATS = {
  t: { timeStyle: "short" },
  T: { timeStyle: "medium" },
  d: { dateStyle: "short" },
  D: { dateStyle: "long" },
  f: { dateStyle: "long", timeStyle: "short" },
  F: { dateStyle: "full", timeStyle: "short" },
};

// A date in one of Discord's styles (https://discord.com/developers/docs/reference#message-formatting).
export function when(date, style) {
  return new Intl.DateTimeFormat(locale, FORMATS[style]).format(date);
}

// The time next to a name: alone for today, with the date for earlier days.
export function briefly(date) {
  const today = date.toDateString() === new Date().toDateString();
  return today ? when(date, "t") : `${when(date, "d")} ${when(date, "t")}`;
}

const UNITS = [
  ["year", 31536000],
  ["month", 2592000],
  ["day", 86400],
  ["hour", 3600],
  ["minute", 60],
  ["second", 1],
];

export function relative(date) {
  const seconds = (date - Date.now()) / 1000;
  const [unit, size] = UNITS.find(([, size]) => Math.abs(seconds) >= size) ?? UNITS.at(-1);
  return new Intl.RelativeTimeFormat(locale, { numeric: "auto" }).format(Math.round(seconds / size), unit);
}

export function bytes(count) {
  const [unit, size] = count >= 1e6 ? ["megabyte", 1024 ** 2] : count >= 1000 ? ["kilobyte", 1024] : ["byte", 1];
  return new Intl.NumberFormat(locale, {
    style: "unit",
    unit,
    unitDisplay: unit === "byte" ? "long" : "short",
    maximumFractionDigits: unit === "megabyte" ? 2 : 0,
  }).format(count / size);
}

export function languageName(code) {
  return new Intl.DisplayNames(code, { type: "language", languageDisplay: "standard", style: "short" }).of(code);
}
