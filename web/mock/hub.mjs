import { forbidden, json, stream } from "./answer.mjs";
import { find } from "./courses.mjs";
import { now } from "./state.mjs";

// The hub's part of the API: one server per person, which takes a moment to start.

const steps = [
  { progress: 0, message: "Waiting for a free place", queue_position: 2 },
  { progress: 5, message: "Waiting for a free place", queue_position: 1 },
  { progress: 20, message: "Preparing the home folder" },
  { progress: 55, message: "Starting JupyterLab" },
  { progress: 85, message: "Waiting until it answers" },
];
const broken = {
  progress: 100,
  failed: true,
  message: "The notebook server ended before it answered (exit status 1)",
  log_tail: "Traceback (most recent call last):\n  File \"/usr/lib/python3/dist-packages/jupyterlab/__init__.py\", line 3, in <module>\nModuleNotFoundError: No module named 'jupyter_server'",
};

export function hub(session, request, response, path) {
  const [, , slug, , , , name, , tail] = path.split("/").map(decodeURIComponent);
  const course = find(slug, session.user);
  if (name !== session.user.username && !course.leaders.includes(session.user.username)) throw forbidden();
  const url = `/c/${slug}/user/${name}/`;
  if (tail === "progress") return progress(course, name, url, request, response);
  if (request.method === "POST") return start(course, name, response);
  if (request.method === "DELETE") {
    course.servers.delete(name);
    return json(response, 204);
  }
  return json(response, 200, userModel(course.servers.get(name), name, url));
}

function userModel(server, name, url) {
  if (server === undefined) return { name, pending: null, server: null, servers: {} };
  const ready = server.state === "running";
  const model = { name: "", ready, pending: ready ? null : "spawn", url, started: server.started, last_activity: server.started };
  return { name, pending: model.pending, server: ready ? url : null, servers: { "": model } };
}

function start(course, name, response) {
  course.servers.set(name, { state: "starting", step: 0, started: now() });
  json(response, 202, {});
}

function progress(course, name, url, request, response) {
  const send = stream(response);
  const timer = setInterval(() => {
    const server = course.servers.get(name);
    if (server === undefined) return response.end();
    const step = steps[server.step++];
    if (step !== undefined) return send(step);
    if (course.slug === "broken-start") {
      course.servers.delete(name);
      send(broken);
    } else {
      server.state = "running";
      send({ progress: 100, ready: true, message: "Server ready", url });
    }
    return response.end();
  }, Number(process.env.MOCK_STEP_MS ?? 900));
  request.on("close", () => clearInterval(timer));
}
