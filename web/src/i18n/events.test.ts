import { describe, expect, it } from "vitest";
import type { CourseEvent } from "../api/types";
import { eventSentence } from "./events";

function event(changes: Partial<CourseEvent>): CourseEvent {
  return { id: 1, at: "2026-11-21T09:00:00Z", kind: "deployed", actor: null, subject: null, message: "the hub is there", detail: {}, ...changes };
}

const accepted = event({ kind: "application_accepted", actor: "lea", subject: "ada", message: "lea accepted ada" });

describe("eventSentence", () => {
  it("is the program's own in English", () => {
    expect(eventSentence(event({}), "en")).toBe("The hub is there.");
    expect(eventSentence(accepted, "en")).toBe("lea accepted ada");
  });

  it("is German by kind, with the names of those it is about", () => {
    expect(eventSentence(event({}), "de")).toBe("Der Hub ist da.");
    expect(eventSentence(accepted, "de")).toBe("lea hat ada angenommen");
  });

  it("tells steps apart and says their counts", () => {
    const ready = event({ kind: "deploy_progress", message: "the homes of 3 people are ready", detail: { step: "homes_ready", people: 3 } });
    expect(eventSentence(ready, "de")).toBe("Ordner, die bereit sind: 3.");
    expect(eventSentence(event({ ...ready, detail: {} }), "de")).toBe("The homes of 3 people are ready.");
  });

  it("tells who signed up from who made an account for somebody", () => {
    const made = event({ kind: "user_created", actor: "ada", subject: "ada", message: "ada signed up by the invitation" });
    expect(eventSentence(made, "de")).toBe("ada hat sich über die Einladung angemeldet");
    expect(eventSentence({ ...made, actor: "greta" }, "de")).toBe("greta hat das Konto ada angelegt");
  });

  it("keeps the reason of a failure", () => {
    expect(eventSentence(event({ kind: "failed", message: "the disk is full" }), "de")).toBe("Fehlgeschlagen: the disk is full.");
  });

  it("names the server that is not the default one", () => {
    const started = event({ kind: "server_started", actor: "ada", message: "Server started (night)", detail: { server: "night" } });
    expect(eventSentence(started, "de")).toBe("Der Server läuft (night).");
  });

  it("shows what it does not know as the program says it", () => {
    expect(eventSentence(event({ kind: "something_new", message: "something new" }), "de")).toBe("Something new.");
    expect(eventSentence(event({ kind: "course_accepted", message: "Made by --demo" }), "de")).toBe("Made by --demo.");
  });
});
