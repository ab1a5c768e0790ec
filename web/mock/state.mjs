// What the mock remembers: users, courses, who takes part in them, and what happened.

const hours = (count) => new Date(Date.now() + count * 3_600_000).toISOString().replace(/\.\d+Z$/, "Z");
export const now = () => hours(0);

export const scopes = ["self", "courses:read", "courses:write", "participants:write", "governance", "servers", "access:servers", "admin:users"];

function user(username, display_name, roles) {
  return {
    username, display_name, roles, email: `${username}@example.org`, language: null, password: "carrel-demo",
    created_at: hours(-900), last_login_at: roles.length > 0 ? hours(-2) : null, disabled: false, tokens: [],
  };
}

export const users = new Map(
  [
    user("admin", "Grace Hopper", ["administrator", "leader"]),
    user("leader", "Emmy Noether", ["leader"]),
    user("ada", "Ada Lovelace", []),
    user("alan", "Alan Turing", []),
    user("katherine", "Katherine Johnson", []),
  ].map((one) => [one.username, one]),
);

export const options = {
  environments: [
    { name: "jupyterlab", title: "JupyterLab with Python", description: "Python 3, NumPy, pandas and Matplotlib.", default_url: "/lab" },
    { name: "minimal", title: "JupyterLab, minimal", description: "A kernel and nothing else: install what you need.", default_url: "/lab" },
  ],
  targets: ["local"],
  limits: {
    cpu: { min: 0.25, max: 8, default: 1 },
    memory_gib: { min: 0.5, max: 16, default: 1 },
    storage_gib: { min: 1, max: 50, default: 5 },
    participants: { min: 1, max: 500, default: 25 },
    name: { min: 3, max: 63 }, slug: { min: 3, max: 63 }, description: { max: 2048 },
    start_within_days: 1096, password: { min: 10 },
  },
  hub: { named_servers: 3, root_course: null },
  isolation: { level: "partial", notices: ["The kernel offers no cgroup v2: memory and CPU limits rely on cgroup v1."] },
  version: "0.1.0-mock",
};

export const allowedImages = [
  { environment: "jupyterlab", allowed: ["quay.io/jupyter/*", "registry.example.org:5000/courses/**"] },
];

export const courses = new Map();
let nextEvent = 1;

export function record(course, kind, actor, message, subject = null) {
  const event = { id: nextEvent++, at: now(), kind, actor, subject, message, detail: {} };
  course.events.push(event);
  for (const listener of course.listeners) listener(event);
}

export function addCourse(fields, leader) {
  const course = {
    description: "", starts_at: hours(24 * 7), ends_at: hours(24 * 60), expected_participants: 25,
    resources: { cpu: 1, memory_gib: 2, storage_gib: 5 }, environment: "jupyterlab", image: null, target: "local",
    shared_folder: false, folder_export: null,
    state: "pending", state_since: now(), reason: null, wanted: null, leaders: [leader], requested_by: leader,
    created_at: now(), updated_at: now(), deployment: null, ...fields,
    code: `inv-${fields.slug}`, people: new Map(), events: [], listeners: new Set(), exports: [], servers: new Map(),
  };
  courses.set(course.slug, course);
  record(course, "course_requested", leader, `course requested by ${leader}`);
  return course;
}

export function apply(course, username, state = "pending") {
  course.people.set(username, { state, applied_at: hours(-1), decided_at: null, decided_by: null });
  record(course, "application_made", username, `${username} applied`, username);
}

export function move(course, state, actor, message) {
  course.state = state;
  course.state_since = now();
  record(course, `course_${state}`, actor, message);
}

const numerics = addCourse(
  { slug: "numerics", name: "Numerical Methods, winter term", starts_at: hours(-48), description: "Linear systems, eigenvalues and differential equations, by hand and by machine.\nBring a question each week." },
  "leader",
);
move(numerics, "accepted", "admin", "course accepted by admin");
move(numerics, "deploying", null, "deployment 01 started");
move(numerics, "deployed", null, "hub deployed in 0.8 s");
apply(numerics, "ada", "accepted");
apply(numerics, "alan");
apply(numerics, "katherine");

const history = addCourse({ slug: "history-of-computing", name: "History of Computing", starts_at: hours(-2000), ends_at: hours(-24) }, "leader");
apply(history, "ada", "accepted");
move(history, "degraded", null, "hub taken down; 1 export verified");
history.exports.push({ username: "ada", bytes: 48_234_112, sha256: "9f2c".repeat(16), verified_at: hours(-23), created_at: hours(-23) });

addCourse({ slug: "statistics-2", name: "Statistics II", description: "Regression and beyond.", ends_at: null, expected_participants: 60 }, "leader");
addCourse({ slug: "own-course", name: "A course the administrator asked for" }, "admin");
const broken = addCourse({ slug: "compilers", name: "Einführung in den Übersetzerbau" }, "leader");
move(broken, "failed", null, "deployment failed");
broken.reason = "the notebook command was not found: /opt/jupyter/bin/jupyter-lab";
const tired = addCourse({ slug: "broken-start", name: "A server that does not start", starts_at: hours(-1) }, "leader");
apply(tired, "ada", "accepted");
move(tired, "deployed", null, "hub deployed");
