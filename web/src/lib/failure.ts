import { asSentence } from "../api/error";

/** A failed start explains itself in its first line; the rest is the end of the log. */
export function splitFailure(message: string): { sentence: string; log: string } {
  const [sentence = "", ...rest] = message.trim().split("\n");
  return { sentence: asSentence(sentence), log: rest.join("\n").trim() };
}

/** The failure of a progress event, with its log where that comes apart. */
export function failureText(message: string, log: string | undefined): string {
  return log === undefined || log === "" ? message : `${message}\n${log}`;
}
