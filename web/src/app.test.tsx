import { screen } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Pages } from "./app";
import { serve, show, type Answers } from "./test_page";

const user = "/c/numerics/hub/api/users/ada";
let answers: Answers;
const went = vi.fn<(path: string) => void>();

beforeEach(() => {
  went.mockReset();
  vi.stubGlobal("location", { replace: went, href: "http://localhost/", origin: "http://localhost" });
  answers = {
    "GET /api/v1/me": () => [200, { username: "ada", display_name: "Ada", email: "", roles: [], language: "en", csrf_token: "t", scopes: [] }],
    "GET /api/v1/options": () => [200, { environments: [], hub: { named_servers: 3, root_course: "numerics" } }],
    [`GET ${user}`]: () => [
      200,
      { name: "ada", pending: null, server: "/user/ada/", servers: { "": { name: "", ready: true, pending: null, url: "/user/ada/", started: null, last_activity: null } } },
    ],
  };
  serve(answers);
});

afterEach(() => {
  vi.unstubAllGlobals();
});

describe("the hub at the root", () => {
  it("has the pages of its course, and leads on to its servers", async () => {
    show(<Pages />, `/hub/spawn-pending/ada?next=${encodeURIComponent("/user/ada/lab/tree/a.ipynb")}`);
    await vi.waitFor(() => expect(went).toHaveBeenCalledWith("/user/ada/lab/tree/a.ipynb"));
  });

  it("leads to no place that is not its own", async () => {
    show(<Pages />, `/hub/spawn-pending/ada?next=${encodeURIComponent("//evil.example/user/ada/")}`);
    await vi.waitFor(() => expect(went).toHaveBeenCalledWith("/user/ada/"));
  });

  it("is not there when no course has been put there", async () => {
    answers["GET /api/v1/options"] = () => [200, { environments: [], hub: { named_servers: 3, root_course: null } }];
    show(<Pages />, "/hub/spawn-pending/ada");
    expect(await screen.findByText(/not found|no such page|does not exist/i)).toBeDefined();
    expect(went).not.toHaveBeenCalled();
  });
});
