import { ApiError, errorFromResponse } from "./error";

/**
 * Every call to the server goes through here: JSON both ways, the CSRF token on unsafe
 * methods, errors as ApiError.
 */

let csrfToken = "";
let renewCsrfToken: (() => Promise<void>) | null = null;
let language = "en";

export function setCsrfToken(token: string): void {
  csrfToken = token;
}

/** How to get a fresh token when another tab has changed the session. */
export function onStaleCsrfToken(renew: () => Promise<void>): void {
  renewCsrfToken = renew;
}

export function setRequestLanguage(chosen: string): void {
  language = chosen;
}

export const base = "/api/v1";

type Method = "GET" | "POST" | "PATCH" | "DELETE";

/** A hub wants the token also from a script that only reads: other people's servers may share its origin. */
function isHubCall(path: string): boolean {
  return path.startsWith("/c/");
}

/** The same for what cannot send a header. */
export function withToken(path: string): string {
  return csrfToken === "" ? path : `${path}?_xsrf=${encodeURIComponent(csrfToken)}`;
}

async function send(method: Method, path: string, body: unknown): Promise<Response> {
  const headers: Record<string, string> = { Accept: "application/json", "Accept-Language": language };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (csrfToken !== "" && (method !== "GET" || isHubCall(path))) headers["X-CSRF-Token"] = csrfToken;
  try {
    return await fetch(path, {
      method,
      headers,
      credentials: "same-origin",
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch {
    throw new ApiError("network", 0, "");
  }
}

/** A good answer, after a second try where the CSRF token was another tab's. */
async function answer(method: Method, path: string, body?: unknown): Promise<Response> {
  let response = await send(method, path, body);
  if (!response.ok) {
    let error = await errorFromResponse(response);
    const stale = error.status === 403 && /[cx]srf/i.test(error.type + error.detail);
    if (!stale || renewCsrfToken === null) throw error;
    await renewCsrfToken();
    response = await send(method, path, body);
    if (!response.ok) {
      error = await errorFromResponse(response);
      throw error;
    }
  }
  return response;
}

/** A call whose answer may say where to go on: the address, or null. */
export async function requestPlace(method: Method, path: string): Promise<string | null> {
  return (await answer(method, path)).headers.get("Location");
}

export async function request<T>(method: Method, path: string, body?: unknown): Promise<T> {
  const response = await answer(method, path, body);
  const content = await response.text();
  if (content === "") return undefined as T;
  try {
    return JSON.parse(content) as T;
  } catch {
    throw new ApiError("unexpected", response.status, "");
  }
}

export function get<T>(path: string): Promise<T> {
  return request<T>("GET", path);
}

/** A path under the API from its parts, each percent-encoded. */
export function apiPath(...parts: string[]): string {
  return [base, ...parts.map(encodeURIComponent)].join("/");
}

export function hubPath(slug: string, ...parts: string[]): string {
  return ["/c", encodeURIComponent(slug), "hub/api", ...parts.map(encodeURIComponent)].join("/");
}
