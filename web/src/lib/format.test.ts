import { describe, expect, it } from "vitest";
import { splitFailure } from "./failure";
import { formatBytes, formatDateTime, formatRelative, localeFor } from "./format";
import { fromPicker, toPicker, toRfc3339 } from "./local_time";

describe("times", () => {
  it("name their zone", () => {
    expect(formatDateTime("2026-07-01T10:00:00Z", "de-DE", "Europe/Berlin")).toMatch(/12:00 MESZ/);
    expect(formatDateTime("2026-07-01T10:00:00Z", "en-GB", "UTC")).toMatch(/10:00 UTC/);
  });

  it("tell how far away they are", () => {
    const now = Date.parse("2026-11-21T10:00:00Z");
    expect(formatRelative("2026-11-21T09:00:00Z", "en", now)).toBe("1 hour ago");
    expect(formatRelative("2026-11-24T10:00:00Z", "de", now)).toBe("in 3 Tagen");
    expect(formatRelative("2026-11-21T09:59:55Z", "en", now)).toBe("just now");
    expect(formatRelative("2026-11-21T09:59:55Z", "de", now)).toBe("gerade eben");
  });

  it("go to the date picker and back unchanged", () => {
    const date = new Date(2026, 10, 28, 9, 30);
    expect(toPicker(date)).toBe("2026-11-28 09:30:00");
    expect(fromPicker(toPicker(date))?.getTime()).toBe(date.getTime());
    expect(fromPicker("")).toBeNull();
    expect(fromPicker("nonsense")).toBeNull();
  });

  it("go to the server in UTC", () => {
    expect(toRfc3339(new Date("2026-11-28T09:30:00.123+01:00"))).toBe("2026-11-28T08:30:00Z");
  });
});

describe("localeFor", () => {
  it("prefers the browser's regional form of the language", () => {
    expect(localeFor("en", ["de-DE", "en-GB"])).toBe("en-GB");
    expect(localeFor("de", ["en-GB"])).toBe("de");
  });
});

describe("formatBytes", () => {
  it("chooses a unit people can read", () => {
    expect(formatBytes(0, "en")).toBe("0 B");
    expect(formatBytes(1_572_864, "en")).toBe("1.5 MiB");
    expect(formatBytes(1_572_864, "de")).toBe("1,5 MiB");
    expect(formatBytes(34_359_738_368, "en")).toBe("32 GiB");
  });
});

describe("splitFailure", () => {
  it("tells the sentence from the log", () => {
    expect(splitFailure("out of memory\nline 1\nline 2\n")).toEqual({ sentence: "Out of memory.", log: "line 1\nline 2" });
    expect(splitFailure("out of memory")).toEqual({ sentence: "Out of memory.", log: "" });
  });
});
