// Small words for answering, in the API's own manners.

export class Refusal extends Error {
  constructor(status, code, detail, field) {
    super(detail);
    Object.assign(this, { status, code, field });
  }
}

export const notFound = () => new Refusal(404, "not-found", "this does not exist");
export const forbidden = () => new Refusal(403, "forbidden", "you may not do that");
export const conflict = (detail) => new Refusal(409, "conflict", detail);
export const invalid = (field, detail) => new Refusal(400, "invalid", detail, field);

export function json(response, status, body, headers = {}) {
  response.writeHead(status, { "Content-Type": "application/json", ...headers });
  response.end(body === undefined ? "" : JSON.stringify(body));
}

export function refuse(response, refusal) {
  const { status, code, message: detail, field } = refusal;
  response.writeHead(status, { "Content-Type": "application/problem+json" });
  response.end(JSON.stringify({ type: `urn:carrel:problem:${code}`, title: code, status, detail, field }));
}

export function list(items) {
  return { items, next: null };
}

export function stream(response) {
  response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-cache" });
  return (event, id) => response.write(`${id === undefined ? "" : `id: ${id}\n`}data: ${JSON.stringify(event)}\n\n`);
}

export async function readJson(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  try {
    return text === "" ? {} : JSON.parse(text);
  } catch {
    throw invalid(undefined, "the body is not JSON");
  }
}
