import { randomBytes } from "node:crypto";
import { Refusal, conflict, invalid, list, notFound } from "./answer.mjs";
import { courses, now, options, scopes, users } from "./state.mjs";

// Sessions, tokens, users.

const sessions = new Map();

export function whoIs(request) {
  const id = /carrel_session=([^;]+)/.exec(request.headers.cookie ?? "")?.[1];
  const session = sessions.get(id);
  return session === undefined ? null : { id, csrf: session.csrf, user: users.get(session.username) };
}

export function meOf({ user, csrf }) {
  const { username, display_name, email, roles, language } = user;
  return { username, display_name, email, roles, language, csrf_token: csrf, scopes };
}

function openSession(user) {
  const id = randomBytes(12).toString("hex");
  sessions.set(id, { username: user.username, csrf: randomBytes(12).toString("hex"), created_at: now() });
  return { body: meOf({ user, csrf: sessions.get(id).csrf }), headers: { "Set-Cookie": `carrel_session=${id}; Path=/; HttpOnly; SameSite=Lax` } };
}

export function logIn({ username, password }) {
  const user = users.get(String(username).toLowerCase());
  if (user?.password !== password) throw new Refusal(401, "unauthenticated", "user name or password is wrong");
  return { status: 200, ...openSession(user) };
}

export function signUp({ username, password, email = null, display_name = "" }) {
  if (users.has(username)) throw new Refusal(409, "conflict", "this user name is taken", "username");
  if (String(password).length < 10) throw invalid("password", "the password needs at least 10 characters");
  const user = { username, password, email, display_name, roles: [], language: null, created_at: now(), last_login_at: now(), disabled: false, tokens: [] };
  users.set(username, user);
  return { status: 201, ...openSession(user) };
}

export const routes = {
  "DELETE /session": (session) => void sessions.delete(session.id),
  "GET /me": (session) => meOf(session),
  "PATCH /me": (session, _parts, body) => meOf({ ...session, user: Object.assign(session.user, body) }),
  "POST /me/password": ({ user }, _parts, body) => {
    if (user.password !== body.current) throw new Refusal(403, "wrong-password", "the present password is wrong", "current");
    user.password = body.new;
  },
  "GET /sessions": ({ id: current, user }) =>
    list(
      [...sessions].filter(([, session]) => session.username === user.username).map(([id, { created_at }]) => ({
        id, created_at, last_used_at: now(), expires_at: now(), address: "192.0.2.1", user_agent: "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0", current: id === current,
      })),
    ),
  "DELETE /sessions/:": (_session, [id]) => void sessions.delete(id),
  "DELETE /sessions": ({ id: current, user }) => {
    for (const [id, session] of sessions) if (id !== current && session.username === user.username) sessions.delete(id);
  },
  "GET /tokens": ({ user }) => list(user.tokens),
  "POST /tokens": ({ user }, _parts, body) => {
    const expires_at = body.expires_in === null ? null : new Date(Date.now() + body.expires_in * 1000).toISOString();
    const token = { id: randomBytes(4).toString("hex"), note: body.note, scopes: body.scopes ?? scopes, created_at: now(), expires_at, last_used_at: null };
    user.tokens.push(token);
    return { status: 201, body: { ...token, token: `carrel_${randomBytes(32).toString("base64url")}` } };
  },
  "DELETE /tokens/:": ({ user }, [id]) => void (user.tokens = user.tokens.filter((token) => token.id !== id)),
  "GET /users": () => list([...users.values()].map(publicUser)),
  "POST /users": (_session, _parts, body) => {
    if (users.has(body.username)) throw new Refusal(409, "conflict", "this user name is taken", "username");
    const user = { email: null, display_name: "", language: null, created_at: now(), last_login_at: null, disabled: false, tokens: [], ...body };
    users.set(user.username, user);
    return { status: 201, body: publicUser(user) };
  },
  "PATCH /users/:": (_session, [username], body) => {
    const user = users.get(username);
    if (user === undefined) throw notFound();
    if (body.disabled === true && username === "leader") throw conflict("this user leads a course that is running");
    return publicUser(Object.assign(user, body));
  },
  "GET /overview": () => {
    const byState = {};
    for (const course of courses.values()) byState[course.state] = (byState[course.state] ?? 0) + 1;
    return {
      courses: byState,
      servers: { running: 3, starting: 1, queued: 0 },
      users: users.size,
      machine: { cpus: 8, memory_bytes: 33_512_423_424, memory_available_bytes: 21_474_836_480, disk_free_bytes: 214_748_364_800, load: 0.42 },
      isolation: options.isolation,
      one_origin: true,
      version: options.version,
      uptime_seconds: 273_600,
    };
  },
  "GET /audit": () => list([...courses.values()].flatMap((course) => course.events).sort((one, other) => other.id - one.id)),
};

function publicUser({ username, display_name, email, roles, created_at, last_login_at, disabled }) {
  return { username, display_name, email, roles, created_at, last_login_at, disabled };
}
