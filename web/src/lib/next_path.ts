/** Where to go after logging in: only a path of this site, whatever the link said. */
export function localPath(next: string | null, fallback = "/"): string {
  if (next === null || !next.startsWith("/")) return fallback;
  // "//host" and "/\host" are other sites to a browser, and it drops control characters first.
  if (/^\/[/\\]/.test(next) || hasControlCharacter(next)) return fallback;
  try {
    const origin = "https://carrel.invalid";
    return new URL(next, origin).origin === origin ? next : fallback;
  } catch {
    return fallback;
  }
}

function hasControlCharacter(text: string): boolean {
  return Array.from(text).some((character) => character < " " || character === "\u007f");
}

/** Paths the server answers itself, outside the pages of this application. */
export function isServerPath(path: string): boolean {
  return ["/c/", "/api/", "/hub/", "/user/", "/services/"].some((begin) => path.startsWith(begin));
}

export function loginPath(from: string): string {
  return from === "/" ? "/login" : `/login?next=${encodeURIComponent(from)}`;
}

/** The code of the invitation at this path; null: it is another place. */
export function invitationOf(path: string): string | null {
  return /^\/join\/([^/?#]+)/.exec(path)?.[1] ?? null;
}
