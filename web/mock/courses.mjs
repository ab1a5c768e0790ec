import { randomBytes } from "node:crypto";
import { conflict, forbidden, invalid, list, notFound, stream } from "./answer.mjs";
import { addCourse, allowedImages, apply, courses, move, now, options, record, users } from "./state.mjs";

// Courses, invitations, participants.

const isAdmin = (user) => user.roles.includes("administrator");
const leads = (course, user) => course.leaders.includes(user.username);

function mayOf(course, user) {
  const { state } = course;
  const inCharge = leads(course, user) || isAdmin(user);
  const may = [];
  if (isAdmin(user) && state === "pending" && course.requested_by !== user.username) may.push("accept", "reject");
  if (inCharge && ["pending", "accepted"].includes(state)) may.push("cancel");
  if (isAdmin(user) && state === "accepted") may.push("deploy");
  if (isAdmin(user) && state === "failed") may.push("redeploy");
  if (inCharge && state === "deployed") may.push("degrade");
  if (inCharge && !["rejected", "canceled", "degraded"].includes(state)) may.push("invite", "admit");
  if (state === "deployed" && (inCharge || course.people.get(user.username)?.state === "accepted")) may.push("enter");
  if (inCharge && state === "degraded" && course.exports.length > 0) may.push("export");
  if (course.people.get(user.username)?.state === "accepted" && state === "degraded") may.push("export");
  if (inCharge) may.push("manage");
  return may;
}

function view(course, user) {
  const { code, people, events, listeners, exports, servers, ...shown } = course;
  void [code, events, listeners, exports, servers];
  const count = (state) => [...people.values()].filter((one) => one.state === state).length;
  return {
    ...shown,
    hub_url: course.state === "deployed" ? `/c/${course.slug}/` : null,
    participants: { accepted: count("accepted"), pending: count("pending") },
    me: { leader: leads(course, user), participant: people.get(user.username)?.state ?? null, may: mayOf(course, user) },
  };
}

const visible = (course, user) => isAdmin(user) || leads(course, user) || course.people.has(user.username);

export function find(slug, user) {
  const course = courses.get(slug);
  if (course === undefined || !visible(course, user)) throw notFound();
  return course;
}

function byCode(code) {
  const course = [...courses.values()].find((one) => one.code === code);
  if (course === undefined) throw notFound();
  return course;
}

function participant(course, username) {
  const { display_name, email } = users.get(username) ?? { display_name: "", email: null };
  const server = course.servers.get(username);
  return {
    username, display_name, email, ...course.people.get(username),
    server: server === undefined ? null : { state: server.state, last_activity: now(), url: `/c/${course.slug}/user/${username}/` },
    export: course.exports.find((one) => one.username === username) ?? null,
  };
}

function decide(state) {
  return ({ user }, [slug, username]) => {
    const course = find(slug, user);
    const person = course.people.get(username);
    if (person === undefined) throw notFound();
    if (person.state === state) throw conflict(`${username} is ${state} already`);
    Object.assign(person, { state, decided_at: now(), decided_by: user.username });
    record(course, `application_${state}`, user.username, `${user.username} ${state} ${username}`, username);
    return participant(course, username);
  };
}

function step(action, state) {
  return ({ user }, [slug], body) => {
    const course = find(slug, user);
    if (!mayOf(course, user).includes(action)) throw forbidden();
    course.reason = body.reason ?? null;
    move(course, state, user.username, `course ${state} by ${user.username}`);
    if (state === "deploying") setTimeout(() => move(course, "deployed", null, "hub deployed in 2.5 s"), 2500);
    return view(course, user);
  };
}

export function invited(code, session) {
  const { slug, name, description, starts_at, ends_at, leaders, people, state } = byCode(code);
  const names = leaders.map((leader) => users.get(leader)?.display_name ?? leader);
  const application = session === null ? null : (people.get(session.user.username)?.state ?? null);
  return { course: { slug, name, description, starts_at, ends_at, leaders: names, open: !["pending", "rejected", "canceled", "degraded"].includes(state) }, me: { application, leader: leaders.includes(session?.user.username) } };
}

export function slugState(slug) {
  if (!/^[a-z0-9-]{3,63}$/.test(slug)) return { available: false, problem: "use 3 to 63 lower-case letters, digits and dashes" };
  return courses.has(slug) ? { available: false, problem: "this short name is taken" } : { available: true, problem: null };
}

export function events(session, slug, query, request, response) {
  const course = find(slug, session.user);
  if (!(request.headers.accept ?? "").includes("text/event-stream")) return list(course.events);
  const send = stream(response);
  const after = Number(request.headers["last-event-id"] ?? query.get("after") ?? 0);
  for (const event of course.events) if (event.id > after) send(event, event.id);
  const listener = (event) => send(event, event.id);
  course.listeners.add(listener);
  request.on("close", () => course.listeners.delete(listener));
  return null;
}

export const routes = {
  "GET /courses": ({ user }, _parts, _body, query) => {
    const mine = (course) => leads(course, user) || course.people.has(user.username);
    return list(
      [...courses.values()]
        .filter((course) => (query.get("mine") === "true" ? mine(course) : visible(course, user)))
        .filter((course) => !query.has("state") || course.state === query.get("state"))
        .map((course) => view(course, user)),
    );
  },
  "POST /courses": ({ user }, _parts, body) => {
    const { available, problem } = slugState(body.slug);
    if (!available) throw invalid("slug", problem);
    if (Date.parse(body.starts_at) < Date.now()) throw invalid("starts_at", "the start is in the past");
    if (body.expected_participants > options.limits.participants.max) throw invalid("expected_participants", "at most 500 participants");
    const allowed = allowedImages.find((one) => one.environment === body.environment)?.allowed ?? [];
    if (body.image !== null && !allowed.some((pattern) => body.image.startsWith(pattern.split("*")[0])))
      throw invalid("image", `the image ${body.image} may not be used: the environment '${body.environment}' allows only ${allowed.join(", ")}`);
    return { status: 201, body: view(addCourse(body, user.username), user) };
  },
  "GET /courses/:": ({ user }, [slug]) => view(find(slug, user), user),
  "POST /courses/:/accept": step("accept", "accepted"),
  "POST /courses/:/reject": step("reject", "rejected"),
  "POST /courses/:/cancel": step("cancel", "canceled"),
  "POST /courses/:/deploy": step("deploy", "deploying"),
  "POST /courses/:/redeploy": step("redeploy", "deploying"),
  "POST /courses/:/degrade": step("degrade", "degraded"),
  "GET /courses/:/invitation": ({ user }, [slug]) => invitation(find(slug, user)),
  "POST /courses/:/invitation/rotate": ({ user }, [slug]) => {
    const course = find(slug, user);
    course.code = randomBytes(9).toString("base64url");
    record(course, "invitation_rotated", user.username, "invitation rotated");
    return invitation(course);
  },
  "GET /courses/:/participants": ({ user }, [slug], _body, query) => {
    const course = find(slug, user);
    const people = [...course.people.keys()].map((username) => participant(course, username));
    return list(people.filter((person) => !query.has("state") || person.state === query.get("state")));
  },
  "POST /courses/:/participants/:/accept": decide("accepted"),
  "POST /courses/:/participants/:/reject": decide("rejected"),
  "DELETE /courses/:/participants/:": ({ user }, [slug, username]) => {
    const course = find(slug, user);
    course.people.delete(username);
    record(course, "participant_removed", user.username, `${username} removed`, username);
  },
  "GET /courses/:/exports": ({ user }, [slug]) => list(find(slug, user).exports),
  "POST /invitations/:/applications": ({ user }, [code]) => {
    const course = byCode(code);
    if (course.people.has(user.username)) throw conflict("you have already applied");
    apply(course, user.username);
    return { status: 201, body: participant(course, user.username) };
  },
};

function invitation({ code }) {
  return { code, url: `http://127.0.0.1:8787/join/${code}` };
}
