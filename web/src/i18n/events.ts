import { asSentence } from "../api/error";
import type { CourseEvent, Language } from "../api/types";
import { events as german } from "./de/events";

/** What an event's sentence can tell; `{people}` and `{files}` are the program's own counts. */
function facts({ actor, subject, message, detail }: CourseEvent): Record<string, unknown> {
  return { ...detail, actor, subject, message };
}

/** The template with its places filled; null when the event does not have what belongs there. */
function fill(template: string, known: Record<string, unknown>): string | null {
  const missing = [...template.matchAll(/\{(\w+)\}/g)].some(([, name]) => known[name ?? ""] == null);
  return missing ? null : template.replace(/\{(\w+)\}/g, (_place, name: string) => String(known[name]));
}

/** What tells events apart: their step where the kind has several, else the kind. */
function keyOf({ kind, actor, subject, detail }: CourseEvent): string {
  if (typeof detail["step"] === "string") return detail["step"];
  return kind === "user_created" && actor === subject ? "signed_up" : kind;
}

function inGerman(event: CourseEvent): string | null {
  const template = german[keyOf(event)];
  const sentence = template === undefined ? null : fill(template, facts(event));
  // Of a server beside the default one the program's sentence has the name at its end.
  const server = event.detail["server"];
  return sentence !== null && typeof server === "string" && !sentence.includes(event.message) ? `${sentence} (${server})` : sentence;
}

/** What happened, as one sentence. In English it is the program's own. */
export function eventSentence(event: CourseEvent, language: Language): string {
  const { actor, subject, message } = event;
  const sentence = (language === "de" ? inGerman(event) : null) ?? message;
  // A sentence may begin with a user name, which stays as it is written.
  const named = [actor, subject].some((name) => name !== null && sentence.startsWith(`${name} `));
  return named ? sentence : asSentence(sentence);
}
