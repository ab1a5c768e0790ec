import type { Language } from "../api/types";
import { formatNumber } from "../lib/format";
import { de } from "./de";
import { en } from "./en";

export type MessageKey = keyof typeof en;
export type Params = Record<string, string | number>;

/** Messages that come in a form for one and a form for others. */
export type CountKey = MessageKey extends infer Key ? (Key extends `${infer Stem}.one` ? Stem : never) : never;

const dictionaries: Record<Language, Record<MessageKey, string>> = { en, de };

export function translate(language: Language, key: MessageKey, params: Params = {}): string {
  return dictionaries[language][key].replace(/\{(\w+)\}/g, (placeholder, name: string) =>
    name in params ? String(params[name]) : placeholder,
  );
}

export function translateCount(
  language: Language,
  locale: string,
  key: CountKey,
  count: number,
  params: Params = {},
): string {
  const form = new Intl.PluralRules(language).select(count) === "one" ? "one" : "other";
  return translate(language, `${key}.${form}` as MessageKey, { ...params, count: formatNumber(count, locale) });
}

export function browserLanguage(preferred: readonly string[]): Language {
  const known = preferred.find((locale) => /^(en|de)\b/i.test(locale));
  return known?.toLowerCase().startsWith("de") === true ? "de" : "en";
}
