import type { MessageKey } from "../i18n/messages";
import type { Range } from "../api/types";

/** The server's rules, mirrored so that a person sees a problem while typing. */

export interface Problem {
  key: MessageKey;
  params?: Record<string, string | number>;
}

type Check = Problem | null;

/** Lengths are counted in characters, as people count them. */
function lengthOf(text: string): number {
  return Array.from(text).length;
}

function within(text: string, limits: { min: number; max: number }): Check {
  const length = lengthOf(text);
  if (length < limits.min) return { key: "invalid.tooShort", params: { min: limits.min } };
  if (length > limits.max) return { key: "invalid.tooLong", params: { max: limits.max } };
  return null;
}

export function checkName(name: string, limits: { min: number; max: number }): Check {
  return within(name.trim(), limits);
}

export function checkSlug(slug: string, limits: { min: number; max: number }): Check {
  if (slug !== "" && !/^[a-z0-9-]*$/.test(slug)) return { key: "invalid.slugCharacters" };
  if (slug.startsWith("-") || slug.endsWith("-")) return { key: "invalid.slugEdges" };
  return within(slug, limits);
}

export function checkDescription(text: string, max: number): Check {
  return lengthOf(text) > max ? { key: "invalid.tooLong", params: { max } } : null;
}

/** What no image's name has; whether it is one, and allowed, the server says. */
export function checkImage(image: string): Check {
  return /^[A-Za-z0-9._:/@-]*$/.test(image.trim()) ? null : { key: "invalid.image" };
}

export function checkStart(start: Date | null, now: Date, withinDays: number): Check {
  if (start === null) return { key: "invalid.startMissing" };
  if (start.getTime() < now.getTime()) return { key: "invalid.startPast" };
  if (start.getTime() > now.getTime() + withinDays * 86_400_000) {
    return { key: "invalid.startFar", params: { days: withinDays } };
  }
  return null;
}

export function checkEnd(end: Date | null, start: Date | null): Check {
  if (end === null) return { key: "invalid.endMissing" };
  return start !== null && end.getTime() <= start.getTime() ? { key: "invalid.endBeforeStart" } : null;
}

export function checkRange(value: number | string, limits: Range): Check {
  if (typeof value !== "number" || !Number.isFinite(value) || value < limits.min || value > limits.max) {
    return { key: "invalid.range", params: { min: limits.min, max: limits.max } };
  }
  return null;
}

export function checkParticipants(value: number | string, limits: Range): Check {
  if (typeof value === "number" && !Number.isInteger(value)) return { key: "invalid.wholeNumber" };
  return checkRange(value, limits);
}

export function checkUsername(username: string): Check {
  if (username === "") return { key: "invalid.required" };
  if (!/^[a-z0-9][a-z0-9._-]{0,62}$/.test(username.toLowerCase())) return { key: "invalid.username" };
  return null;
}

export function checkPassword(password: string, min: number): Check {
  return lengthOf(password) < min ? { key: "invalid.passwordShort", params: { min } } : null;
}

/** An address may be left out; one that is given must at least look like one. */
export function checkEmail(email: string): Check {
  return email === "" || /^[^\s@]+@[^\s@]+$/.test(email) ? null : { key: "invalid.email" };
}

/** "Einführung in Übersetzerbau" → "einfuehrung-in-uebersetzerbau". */
export function suggestSlug(name: string, max = 63): string {
  const german: Record<string, string> = { ä: "ae", ö: "oe", ü: "ue", ß: "ss" };
  return name
    .toLowerCase()
    .replace(/[äöüß]/g, (letter) => german[letter] ?? letter)
    .normalize("NFKD")
    .replace(/[\u0300-\u036f]/g, "")
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, max)
    .replace(/^-+|-+$/g, "");
}
