/** What went wrong with a call, as one sentence for the person at the screen. */

export type ErrorKind = "network" | "problem" | "unexpected";

export class ApiError extends Error {
  constructor(
    readonly kind: ErrorKind,
    readonly status: number,
    /** The server's own sentence; empty where it gave none. */
    readonly detail: string,
    /** The stable problem type, such as "urn:carrel:problem:csrf". */
    readonly type = "",
    /** The field of the request that the sentence is about. */
    readonly field: string | null = null,
    readonly retryAfterSeconds: number | null = null,
    /** Of somebody who is not let in: why, and whom to ask. */
    readonly refusal: Refusal | null = null,
  ) {
    super(detail || `request failed with status ${status}`);
    this.name = "ApiError";
  }
}

export interface Refusal {
  admission: "denied" | "not_listed";
  contact: string;
}

function refusalOf(problem: Record<string, unknown>): Refusal | null {
  const admission = problem["admission"];
  if (admission !== "denied" && admission !== "not_listed") return null;
  return { admission, contact: text(problem["contact"]) };
}

function text(value: unknown): string {
  return typeof value === "string" ? value.trim() : "";
}

/** "slug is taken" → "Slug is taken.": details are short phrases; people read sentences. */
export function asSentence(detail: string): string {
  const trimmed = detail.trim();
  if (trimmed === "") return "";
  const start = trimmed.charAt(0).toUpperCase() + trimmed.slice(1);
  return /[.!?…]$/.test(start) ? start : `${start}.`;
}

/** Reads problem+json (portal) and {status, message} (JupyterHub's API) alike. */
export async function errorFromResponse(response: Response): Promise<ApiError> {
  const retryAfter = Number.parseInt(response.headers.get("Retry-After") ?? "", 10);
  const seconds = Number.isFinite(retryAfter) ? retryAfter : null;
  let body: unknown = null;
  try {
    body = await response.json();
  } catch {
    // Not JSON: a proxy's error page, or nothing at all.
  }
  if (typeof body !== "object" || body === null) {
    return new ApiError("unexpected", response.status, "", "", null, seconds);
  }
  const problem = body as Record<string, unknown>;
  const detail = text(problem["detail"]) || text(problem["message"]) || text(problem["title"]);
  const field = text(problem["field"]) || null;
  return new ApiError(
    "problem",
    response.status,
    asSentence(detail),
    text(problem["type"]),
    field,
    seconds,
    refusalOf(problem),
  );
}

export function isStatus(error: unknown, status: number): boolean {
  return error instanceof ApiError && error.status === status;
}
