import { describe, expect, it } from "vitest";
import * as rules from "./validate";

const limits = { min: 3, max: 63 };

describe("checkSlug", () => {
  it.each(["abc", "numerics-2", "a".repeat(63)])("accepts %s", (slug) => {
    expect(rules.checkSlug(slug, limits)).toBeNull();
  });

  it.each(["", "ab", "a".repeat(64), "Numerics", "a_b_c", "../etc", "übung", "a b c", "abc\n", "-abc", "abc-"])("refuses %j", (slug) => {
    expect(rules.checkSlug(slug, limits)).not.toBeNull();
  });

  it("speaks of the characters before the length", () => {
    expect(rules.checkSlug("Ü", limits)?.key).toBe("invalid.slugCharacters");
  });
});

describe("checkImage", () => {
  it.each(["", "python", " quay.io/jupyter/lab:2026-01-05 ", "host.org:5000/a__b/c@sha256:0123"])("accepts %j", (image) => {
    expect(rules.checkImage(image)).toBeNull();
  });

  it.each(["a b", "lab;reboot", "$(id)", "`id`", "lab|x", "übung", "lab\\x", "lab&x", "'lab'"])("refuses %j", (image) => {
    expect(rules.checkImage(image)?.key).toBe("invalid.image");
  });
});

describe("suggestSlug", () => {
  it.each([
    ["Einführung in Übersetzerbau", "einfuehrung-in-uebersetzerbau"],
    ["  Numerical Methods, WS 26/27  ", "numerical-methods-ws-26-27"],
    ["Théorie des groupes", "theorie-des-groupes"],
    ["日本語", ""],
  ])("turns %j into %j", (name, slug) => {
    expect(rules.suggestSlug(name)).toBe(slug);
  });

  it("keeps within the limit without ending in a dash", () => {
    expect(rules.suggestSlug(`${"a".repeat(62)} b`)).toBe("a".repeat(62));
  });
});

describe("checkName and checkDescription", () => {
  it("count characters, not code units", () => {
    expect(rules.checkName("🎓🎓🎓", limits)).toBeNull();
    expect(rules.checkName("🎓🎓", limits)?.key).toBe("invalid.tooShort");
    expect(rules.checkDescription("x".repeat(2048), 2048)).toBeNull();
    expect(rules.checkDescription("x".repeat(2049), 2048)?.key).toBe("invalid.tooLong");
  });

  it("do not count surrounding blanks", () => {
    expect(rules.checkName("  a  ", limits)?.key).toBe("invalid.tooShort");
  });
});

describe("the period", () => {
  const now = new Date("2026-11-21T10:00:00Z");
  const later = new Date("2026-11-28T10:00:00Z");

  it("starts neither in the past nor too far ahead", () => {
    expect(rules.checkStart(later, now, 1096)).toBeNull();
    expect(rules.checkStart(null, now, 1096)?.key).toBe("invalid.startMissing");
    expect(rules.checkStart(new Date("2026-11-21T09:59:00Z"), now, 1096)?.key).toBe("invalid.startPast");
    expect(rules.checkStart(new Date("2029-12-01T00:00:00Z"), now, 1096)?.key).toBe("invalid.startFar");
  });

  it("ends after it starts", () => {
    expect(rules.checkEnd(later, now)).toBeNull();
    expect(rules.checkEnd(now, now)?.key).toBe("invalid.endBeforeStart");
    expect(rules.checkEnd(null, now)?.key).toBe("invalid.endMissing");
  });
});

describe("checkParticipants", () => {
  const range = { min: 1, max: 500, default: 25 };
  it("wants a whole number within the range", () => {
    expect(rules.checkParticipants(1, range)).toBeNull();
    expect(rules.checkParticipants(500, range)).toBeNull();
    expect(rules.checkParticipants(0, range)?.key).toBe("invalid.range");
    expect(rules.checkParticipants(1e9, range)?.key).toBe("invalid.range");
    expect(rules.checkParticipants(2.5, range)?.key).toBe("invalid.wholeNumber");
    expect(rules.checkParticipants("", range)?.key).toBe("invalid.range");
  });
});

describe("accounts", () => {
  it("have user names as the server wants them", () => {
    for (const name of ["ada", "ada.l-2_x", "4ever", "Ada", "a".repeat(63)]) expect(rules.checkUsername(name), name).toBeNull();
    for (const name of ["", ".ada", "-a", "a b", "ädа", "a/b", "a".repeat(64)]) expect(rules.checkUsername(name), name).not.toBeNull();
  });

  it("have passwords of some length and addresses that look like some", () => {
    expect(rules.checkPassword("short", 10)?.key).toBe("invalid.passwordShort");
    expect(rules.checkPassword("long enough", 10)).toBeNull();
    expect(rules.checkEmail("")).toBeNull();
    expect(rules.checkEmail("ada@example.org")).toBeNull();
    expect(rules.checkEmail("ada@")?.key).toBe("invalid.email");
  });
});
