import { describe, expect, it } from "vitest";
import { problemKey } from "./login_problem";

describe("problemKey", () => {
  it("knows what the server says", () => {
    expect(problemKey("name_taken")).toBe("logins.problem.name_taken");
  });

  it("says something about everything else", () => {
    expect(problemKey("nonsense")).toBe("logins.problem.failed");
    expect(problemKey("constructor")).toBe("logins.problem.failed");
    expect(problemKey("")).toBe("logins.problem.failed");
  });
});
