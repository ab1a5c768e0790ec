import { createContext, useCallback, useContext, useEffect, useMemo, useState, type ReactNode } from "react";
import { setRequestLanguage } from "../api/client";
import { useChangeProfile, useMe } from "../api/session";
import type { Language } from "../api/types";
import { localeFor } from "../lib/format";
import { browserLanguage, translate, translateCount, type CountKey, type MessageKey, type Params } from "./messages";

interface I18n {
  language: Language;
  locale: string;
  setLanguage: (language: Language) => void;
  t: (key: MessageKey, params?: Params) => string;
  /** The message that fits a count: "1 participant", "2 participants". */
  tn: (key: CountKey, count: number, params?: Params) => string;
}

const Context = createContext<I18n | null>(null);
const storageKey = "carrel-language";

function storedLanguage(): Language | null {
  try {
    const stored = window.localStorage.getItem(storageKey);
    return stored === "en" || stored === "de" ? stored : null;
  } catch {
    return null;
  }
}

function storeLanguage(language: Language): void {
  try {
    window.localStorage.setItem(storageKey, language);
  } catch {
    // Without storage the choice lasts until the page is left.
  }
}

/** The language of the profile, else the one chosen here before, else the browser's. */
export function I18nProvider({ children }: { children: ReactNode }) {
  const me = useMe();
  const change = useChangeProfile();
  const [chosen, setChosen] = useState<Language | null>(storedLanguage);
  const language = me.data?.language ?? chosen ?? browserLanguage(navigator.languages);
  const loggedIn = me.data != null;

  useEffect(() => {
    document.documentElement.lang = language;
    setRequestLanguage(language);
  }, [language]);

  const { mutate } = change;
  const setLanguage = useCallback(
    (next: Language) => {
      storeLanguage(next);
      setChosen(next);
      if (loggedIn) mutate({ language: next });
    },
    [loggedIn, mutate],
  );

  const i18n = useMemo<I18n>(() => {
    const locale = localeFor(language);
    return {
      language,
      locale,
      setLanguage,
      t: (key, params) => translate(language, key, params),
      tn: (key, count, params) => translateCount(language, locale, key, count, params),
    };
  }, [language, setLanguage]);
  return <Context.Provider value={i18n}>{children}</Context.Provider>;
}

export function useI18n(): I18n {
  const i18n = useContext(Context);
  if (i18n === null) throw new Error("useI18n outside of I18nProvider");
  return i18n;
}
