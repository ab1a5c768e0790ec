import { describe, expect, it } from "vitest";
import { invitationOf, isServerPath, localPath, loginPath } from "./next_path";

describe("localPath", () => {
  it.each(["/", "/courses/numerics?start=ada", "/c/numerics/user/ada/lab/tree/a%20b.ipynb#x", "/a//b"])("follows %s", (path) => {
    expect(localPath(path)).toBe(path);
  });

  it.each([
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "https://evil.example/",
    "javascript:alert(1)",
    "courses/numerics",
    " //evil.example",
    "/\t/evil.example",
    "/\n\\evil.example",
    "",
  ])("does not follow %j", (path) => {
    expect(localPath(path)).toBe("/");
  });

  it("goes home when there is none", () => {
    expect(localPath(null)).toBe("/");
  });
});

describe("loginPath", () => {
  it("remembers where somebody came from", () => {
    expect(loginPath("/join/abc?x=1")).toBe("/login?next=%2Fjoin%2Fabc%3Fx%3D1");
  });

  it("has nothing to remember at home", () => {
    expect(loginPath("/")).toBe("/login");
  });
});

describe("isServerPath", () => {
  it("knows what the server answers itself", () => {
    expect(isServerPath("/c/numerics/hub/enter?next=%2F")).toBe(true);
    expect(isServerPath("/hub/accept-share?code=x")).toBe(true);
    expect(isServerPath("/user/ada/lab")).toBe(true);
    expect(isServerPath("/courses/numerics")).toBe(false);
  });
});

describe("invitationOf", () => {
  it("finds the code of an invitation and nothing else", () => {
    expect(invitationOf("/join/abc-1?x=1")).toBe("abc-1");
    expect(invitationOf("/courses/join/abc")).toBeNull();
    expect(invitationOf("/")).toBeNull();
  });
});
