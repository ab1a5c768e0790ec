// Carrel's REST API from memory, and the built pages under the real content security policy.

import { createReadStream, existsSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import * as account from "./account.mjs";
import { Refusal, forbidden, json, notFound, readJson, refuse } from "./answer.mjs";
import * as courses from "./courses.mjs";
import { hub } from "./hub.mjs";
import { allowedImages, options } from "./state.mjs";

const port = Number(process.env.PORT ?? 8787);
const dist = fileURLToPath(new URL("../dist/", import.meta.url));
const routes = { ...account.routes, ...courses.routes };
const types = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };

const policy =
  "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'";

function page(path, response) {
  const wanted = join(dist, normalize(path));
  const file = extname(path) !== "" && wanted.startsWith(dist) && existsSync(wanted) ? wanted : join(dist, "index.html");
  response.writeHead(200, { "Content-Type": types[extname(file)] ?? "application/octet-stream", "Content-Security-Policy": policy });
  createReadStream(file).pipe(response);
}

function match(method, path) {
  const given = path.split("/");
  for (const [route, handler] of Object.entries(routes)) {
    const [verb, pattern] = route.split(" ");
    const wanted = pattern.split("/");
    if (verb !== method || wanted.length !== given.length) continue;
    if (!wanted.every((part, index) => part === ":" || part === given[index])) continue;
    return { handler, parts: given.filter((_, index) => wanted[index] === ":").map(decodeURIComponent) };
  }
  throw notFound();
}

async function api(request, response, path, query) {
  const session = account.whoIs(request);
  const { method } = request;
  const body = method === "GET" ? {} : await readJson(request);
  const send = ({ status, body: answer, headers }) => json(response, status, answer, headers);

  if (path === "/options") return json(response, 200, options);
  if (path === "/session" && method === "POST") return send(account.logIn(body));
  const invitation = /^\/invitations\/([^/]+)(\/signup)?$/.exec(path);
  if (invitation !== null) {
    const answer = courses.invited(invitation[1], session);
    return invitation[2] === undefined ? json(response, 200, answer) : send(account.signUp(body));
  }
  if (session === null) throw new Refusal(401, "unauthenticated", "log in first");
  if (method !== "GET" && request.headers["x-csrf-token"] !== session.csrf) throw new Refusal(403, "csrf", "the CSRF token is missing or stale");
  if (path === "/images") return json(response, 200, { environments: allowedImages });
  if (path.startsWith("/slugs/")) return json(response, 200, courses.slugState(decodeURIComponent(path.slice(7))));
  const events = /^\/courses\/([^/]+)\/events$/.exec(path);
  if (events !== null) {
    const answer = courses.events(session, events[1], query, request, response);
    return answer === null ? undefined : json(response, 200, answer);
  }
  const { handler, parts } = match(method, path);
  const answer = handler(session, parts, body, query);
  if (answer === undefined) return json(response, 204);
  return answer.status === undefined || answer.body === undefined ? json(response, 200, answer) : send(answer);
}

async function answer(request, response) {
  const { pathname: path, searchParams: query } = new URL(request.url, "http://mock.invalid");
  try {
    if (path.startsWith("/api/v1/")) return await api(request, response, path.slice("/api/v1".length), query);
    if (/^\/c\/[^/]+\/hub\/api\//.test(path)) {
      const session = account.whoIs(request);
      if (session === null) throw forbidden();
      return hub(session, request, response, path);
    }
    if (path.startsWith("/c/")) return json(response, 200, "here would be JupyterLab");
    return page(path, response);
  } catch (error) {
    return refuse(response, error instanceof Refusal ? error : new Refusal(500, "internal", String(error)));
  }
}

createServer((request, response) => void answer(request, response)).listen(port, "127.0.0.1", () => {
  console.log(`mock on http://127.0.0.1:${port}, users admin, leader, ada; password carrel-demo`);
});
