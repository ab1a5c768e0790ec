/** Numbers, sizes and times in the reader's language, locale and time zone. */

/** The browser's own regional form of the chosen language, such as "en-GB" for "en". */
export function localeFor(language: string, browser: readonly string[] = navigator.languages): string {
  return browser.find((locale) => locale === language || locale.startsWith(`${language}-`)) ?? language;
}

export function formatDateTime(iso: string, locale: string, timeZone?: string): string {
  return new Intl.DateTimeFormat(locale, {
    weekday: "short",
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    timeZoneName: "short",
    ...(timeZone === undefined ? {} : { timeZone }),
  }).format(new Date(iso));
}

const spans: [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["week", 604_800],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

/** "in 3 days", "vor 5 Minuten". */
export function formatRelative(iso: string, locale: string, now = Date.now()): string {
  const seconds = Math.round((new Date(iso).getTime() - now) / 1_000);
  const format = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
  for (const [unit, span] of spans) {
    if (Math.abs(seconds) >= span) return format.format(Math.trunc(seconds / span), unit);
  }
  if (seconds > -10 && seconds <= 0) return locale.startsWith("de") ? "gerade eben" : "just now";
  return format.format(seconds, "second");
}

export function formatNumber(value: number, locale: string, digits = 1): string {
  return new Intl.NumberFormat(locale, { maximumFractionDigits: digits }).format(value);
}

export function formatBytes(bytes: number, locale: string): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${formatNumber(value, locale, value < 10 && unit > 0 ? 1 : 0)} ${units[unit] ?? ""}`;
}

export function formatDuration(seconds: number, locale: string): string {
  const format = (value: number, unit: string) =>
    new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "long", maximumFractionDigits: 0 }).format(value);
  if (seconds >= 2 * 86_400) return format(Math.floor(seconds / 86_400), "day");
  if (seconds >= 2 * 3_600) return format(Math.floor(seconds / 3_600), "hour");
  if (seconds >= 120) return format(Math.floor(seconds / 60), "minute");
  return format(Math.floor(seconds), "second");
}

export function timeZoneName(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}
