import { expect, it } from "vitest";
import { strengthOf } from "./password_strength";

it("knows what is guessed at once from what is not", () => {
  expect(strengthOf("password123", [])).toBeLessThan(2);
  expect(strengthOf("qwertzuiop", [])).toBeLessThan(2);
  expect(strengthOf("vier alte Kraniche über Celle", [])).toBe(4);
});

it("counts the person's own words as known", () => {
  expect(strengthOf("katherinejohnson", ["katherine", "johnson"])).toBeLessThan(strengthOf("katherinejohnson", []));
});
