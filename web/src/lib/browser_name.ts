/** What a browser or program calls itself, put into words. */

export interface BrowserName {
  /** "Firefox", or the first word that a program says; null where it said nothing. */
  browser: string | null;
  /** "Linux"; null for a program, or where it is not said. */
  system: string | null;
}

// Nearly every browser claims to be others as well: the more special name comes first.
const browsers: [RegExp, string][] = [
  [/\bEdgA?\/|\bEdgiOS\//, "Edge"],
  [/\bOPR\/|\bOPT\//, "Opera"],
  [/\bVivaldi\//, "Vivaldi"],
  [/\bSamsungBrowser\//, "Samsung Internet"],
  [/\bFirefox\/|\bFxiOS\//, "Firefox"],
  [/\bChromium\//, "Chromium"],
  [/\b(Headless)?Chrome\/|\bCriOS\//, "Chrome"],
  [/\bSafari\//, "Safari"],
];

const systems: [RegExp, string][] = [
  [/\biPhone\b/, "iPhone"],
  [/\biPad\b/, "iPad"],
  [/\bAndroid\b/, "Android"],
  [/\bCrOS\b/, "ChromeOS"],
  [/\bWindows\b/, "Windows"],
  [/\bMac OS X\b|\bMacintosh\b/, "macOS"],
  [/\bLinux\b|\bX11\b/, "Linux"],
];

function first(known: [RegExp, string][], text: string): string | null {
  return known.find(([pattern]) => pattern.test(text))?.[1] ?? null;
}

/** "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/… Firefox/140.0" → Firefox, Linux. */
export function browserName(userAgent: string | null): BrowserName {
  const text = userAgent?.trim() ?? "";
  if (text === "") return { browser: null, system: null };
  const browser = first(browsers, text);
  if (browser === null) return { browser: text.split(/[\s/(;]/)[0] || text, system: null };
  return { browser, system: first(systems, text) };
}
