import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { apiPath, hubPath, onStaleCsrfToken, request, setCsrfToken, withToken } from "./client";
import { ApiError, asSentence, errorFromResponse } from "./error";
import { mergeEvents } from "./timeline";
import type { CourseEvent } from "./types";

const fetched = vi.fn<typeof fetch>();

function answer(status: number, body?: unknown, headers: Record<string, string> = {}): Response {
  return new Response(body === undefined ? null : JSON.stringify(body), { status, headers });
}

function headersOf(call: number): Record<string, string> {
  return fetched.mock.calls[call]?.[1]?.headers as Record<string, string>;
}

async function failureOf(promise: Promise<unknown>): Promise<ApiError> {
  const error: unknown = await promise.then(
    () => null,
    (caught: unknown) => caught,
  );
  expect(error).toBeInstanceOf(ApiError);
  return error as ApiError;
}

beforeEach(() => {
  fetched.mockReset();
  vi.stubGlobal("fetch", fetched);
  setCsrfToken("token-1");
});
afterEach(() => void vi.unstubAllGlobals());

describe("request", () => {
  it("sends the CSRF token with what changes something, and only with that", async () => {
    fetched.mockImplementation(() => Promise.resolve(answer(200, {})));
    await request("GET", "/api/v1/me");
    await request("POST", "/api/v1/tokens", { note: "x" });
    expect(headersOf(0)["X-CSRF-Token"]).toBeUndefined();
    expect(headersOf(1)["X-CSRF-Token"]).toBe("token-1");
    expect(fetched.mock.calls[1]?.[1]?.body).toBe('{"note":"x"}');
  });

  it("sends it to a hub also when it only reads, and not to an address of the portal", async () => {
    fetched.mockImplementation(() => Promise.resolve(answer(200, {})));
    await request("GET", "/c/numerics/hub/api/users/ada");
    expect(headersOf(0)["X-CSRF-Token"]).toBe("token-1");
    expect(withToken("/c/numerics/hub/api/x")).toBe("/c/numerics/hub/api/x?_xsrf=token-1");
  });

  it("tries once more when the token was stale", async () => {
    onStaleCsrfToken(() => {
      setCsrfToken("token-2");
      return Promise.resolve();
    });
    fetched.mockResolvedValueOnce(answer(403, { type: "urn:carrel:problem:csrf" })).mockResolvedValueOnce(answer(204));
    await request("DELETE", "/api/v1/session");
    expect(headersOf(1)["X-CSRF-Token"]).toBe("token-2");
  });

  it("does not repeat other refusals", async () => {
    fetched.mockResolvedValueOnce(answer(403, { type: "urn:carrel:problem:forbidden", detail: "not yours" }));
    expect((await failureOf(request("DELETE", "/api/v1/tokens/1"))).detail).toBe("Not yours.");
    expect(fetched).toHaveBeenCalledTimes(1);
  });

  it("tells a silent server from one that refuses", async () => {
    fetched.mockRejectedValueOnce(new TypeError("failed to fetch"));
    expect((await failureOf(request("GET", "/x"))).kind).toBe("network");
  });

  it("takes an empty answer for what it is", async () => {
    fetched.mockResolvedValueOnce(answer(204));
    await expect(request("POST", "/x", {})).resolves.toBeUndefined();
  });

  it("does not trust an answer that is not JSON", async () => {
    fetched.mockResolvedValueOnce(new Response("<html>"));
    expect((await failureOf(request("GET", "/x"))).kind).toBe("unexpected");
  });
});

describe("errorFromResponse", () => {
  it("reads problem+json with its field", async () => {
    const error = await errorFromResponse(answer(400, { type: "t", title: "Invalid", detail: "slug is taken", field: "slug" }));
    expect(error).toMatchObject({ kind: "problem", status: 400, detail: "Slug is taken.", field: "slug", type: "t" });
  });

  it("reads JupyterHub's errors", async () => {
    expect((await errorFromResponse(answer(400, { status: 400, message: "server is stopping" }))).detail).toBe("Server is stopping.");
  });

  it("reads how long to wait", async () => {
    expect((await errorFromResponse(answer(429, {}, { "Retry-After": "30" }))).retryAfterSeconds).toBe(30);
  });

  it("makes do with a page of HTML", async () => {
    expect(await errorFromResponse(new Response("<html>", { status: 502 }))).toMatchObject({ kind: "unexpected", status: 502, detail: "" });
  });
});

describe("paths", () => {
  it("are encoded part by part", () => {
    expect(apiPath("courses", "../a b")).toBe("/api/v1/courses/..%2Fa%20b");
    expect(hubPath("numerics", "users", "a/b", "server")).toBe("/c/numerics/hub/api/users/a%2Fb/server");
  });
});

describe("asSentence", () => {
  it("begins with a capital and ends with a stop", () => {
    expect(asSentence("the start is in the past")).toBe("The start is in the past.");
    expect(asSentence("Really?")).toBe("Really?");
    expect(asSentence(" ")).toBe("");
  });
});

describe("mergeEvents", () => {
  it("keeps each event once, in order", () => {
    const event = (id: number): CourseEvent => ({ id, at: "", kind: "", actor: null, subject: null, message: "", detail: {} });
    expect(mergeEvents([event(1), event(3)], [event(3), event(2)]).map((one) => one.id)).toEqual([1, 2, 3]);
  });
});
