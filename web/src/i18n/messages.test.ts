import { describe, expect, it } from "vitest";
import { de } from "./de";
import { en } from "./en";
import { browserLanguage, translate, translateCount, type MessageKey } from "./messages";

const keys = Object.keys(en) as MessageKey[];
const placeholders = (text: string) => (text.match(/\{\w+\}/g) ?? []).sort();

describe("the dictionaries", () => {
  it("have the same keys", () => {
    expect(Object.keys(de).sort()).toEqual([...keys].sort());
  });

  it("leave no message empty", () => {
    for (const key of keys) {
      expect(en[key].trim(), key).not.toBe("");
      expect(de[key].trim(), key).not.toBe("");
    }
  });

  it("name the same placeholders in both languages", () => {
    for (const key of keys) expect(placeholders(de[key]), key).toEqual(placeholders(en[key]));
  });

  it("have a form for others wherever they have one for one", () => {
    for (const key of keys.filter((one) => one.endsWith(".one"))) {
      expect(keys).toContain(key.replace(/\.one$/, ".other"));
    }
  });

  it("hold no message that nobody says", () => {
    const sources = import.meta.glob<string>(["../**/*.{ts,tsx}", "!./**"], { query: "?raw", import: "default", eager: true });
    const text = Object.values(sources).join("\n");
    const composed =
      /^(strength|state|application|isolation|role|server|wanted|access\.(list|hint|place|removeText|badge)|removal\.(choice|hint|done)|admin\.rootCourse)\./;
    const unused = keys.filter((key) => !composed.test(key) && !text.includes(`"${key.replace(/\.(one|other)$/, "")}"`));
    expect(unused).toEqual([]);
  });
});

describe("translate", () => {
  it("puts values in place of names", () => {
    expect(translate("en", "server.queued", { place: 3 })).toContain("number 3");
  });

  it("chooses the form that fits the count", () => {
    expect(translateCount("en", "en", "count.participants", 1)).toBe("1 participant");
    expect(translateCount("en", "en", "count.participants", 1200)).toBe("1,200 participants");
    expect(translateCount("de", "de", "count.participants", 1200)).toBe("1.200 Teilnehmende");
  });
});

describe("browserLanguage", () => {
  it("takes the first language it knows", () => {
    expect(browserLanguage(["fr-FR", "de-AT", "en"])).toBe("de");
    expect(browserLanguage(["en-GB", "de"])).toBe("en");
  });

  it("falls back to English", () => {
    expect(browserLanguage(["fr", "den"])).toBe("en");
    expect(browserLanguage([])).toBe("en");
  });
});
