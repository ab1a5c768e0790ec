/** The shapes of Carrel's REST API, as the server documents them in /api/v1/openapi.json. */

export type Role = "administrator" | "leader";
export type Language = "en" | "de";

export interface Me {
  username: string;
  display_name: string;
  email: string | null;
  roles: Role[];
  language: Language | null;
  csrf_token: string;
  /** One has to be set up first: nothing else is open. */
  lacks_second_factor?: boolean;
  /** False: they log in with accounts elsewhere alone. */
  has_password?: boolean;
  scopes: string[];
}

export interface Page<T> {
  items: T[];
  next: string | null;
}

export interface Range {
  min: number;
  max: number;
  default: number;
}

export interface Environment {
  name: string;
  title: string;
  description: string;
  default_url: string;
}

export interface Isolation {
  level: "full" | "partial" | "none";
  notices: string[];
}

/** An account elsewhere to log in with: at `/login/{name}`, or, of a directory, typed in our own form. */
export interface LoginOption {
  name: string;
  title: string;
  /** Whether it makes accounts for new people. */
  sign_up: boolean;
  kind?: "provider" | "directory";
}

export interface Options {
  environments: Environment[];
  logins?: LoginOption[];
  /** Whether mail is sent. */
  mail?: boolean;
  /** Whom to ask who is not let in. */
  contact?: string | null;
  targets: string[];
  limits: {
    cpu: Range;
    memory_gib: Range;
    storage_gib: Range;
    participants: Range;
    name: { min: number; max: number };
    slug: { min: number; max: number };
    description: { max: number };
    start_within_days: number;
    password: { min: number };
  };
  hub: {
    /** How many servers a person may have in a course beside the default one. */
    named_servers: number;
    /** The slug of the course whose hub is at "/". */
    root_course: string | null;
  };
  isolation: Isolation;
  version: string;
}

export type CourseState =
  | "pending"
  | "accepted"
  | "deploying"
  | "deployed"
  | "degrading"
  | "degraded"
  | "rejected"
  | "canceled"
  | "failed";

export type ApplicationState = "pending" | "accepted" | "rejected";

export type CourseAction =
  | "accept"
  | "reject"
  | "cancel"
  | "deploy"
  | "degrade"
  | "redeploy"
  | "invite"
  | "admit"
  | "enter"
  | "export";

export interface Resources {
  cpu: number;
  memory_gib: number;
  storage_gib: number;
}

export interface Deployment {
  id: string;
  kind: "deploy" | "degrade";
  state: "running" | "succeeded" | "failed";
  started_at: string;
  deadline: string;
  finished_at: string | null;
  message: string | null;
}

export interface Course {
  slug: string;
  name: string;
  description: string;
  starts_at: string;
  ends_at: string | null;
  expected_participants: number;
  resources: Resources;
  environment: string;
  /** The container image that it names instead of its environment's. */
  image?: string | null;
  target: string;
  /** The course folder has a part that everybody in the course may write. */
  shared_folder?: boolean;
  /** Of the course folder; for who is in the course. */
  folder_export?: Archive | null;
  state: CourseState;
  state_since: string;
  reason: string | null;
  /** What somebody asked for and the dispatcher has not begun yet. */
  wanted: "deploy" | "degrade" | null;
  leaders: string[];
  requested_by: string;
  created_at: string;
  updated_at: string;
  hub_url: string | null;
  deployment: Deployment | null;
  participants: { accepted: number; pending: number };
  me: { leader: boolean; participant: ApplicationState | null; may: string[] };
}

export interface CourseRequest {
  slug: string;
  name: string;
  description: string;
  starts_at: string;
  ends_at: string | null;
  expected_participants: number;
  resources: Resources;
  environment: string;
  image?: string | null;
  target?: string;
  shared_folder?: boolean;
}

/** Which images a course may name, in which environments; patterns. */
export interface AllowedImages {
  environments: { environment: string; allowed: string[] }[];
}

export interface Invitation {
  code: string;
  url: string;
}

export interface InvitedCourse {
  course: {
    slug: string;
    name: string;
    description: string;
    starts_at: string;
    ends_at: string | null;
    leaders: string[];
    /** Whether one can apply now. */
    open: boolean;
  };
  me: { application: ApplicationState | null; leader: boolean };
}

export interface Participant {
  username: string;
  display_name: string;
  email: string | null;
  state: ApplicationState;
  applied_at: string;
  decided_at: string | null;
  decided_by: string | null;
  server: { state: string; last_activity: string | null; url: string | null } | null;
  export: Export | null;
}

export interface Archive {
  bytes: number;
  files: number;
  sha256: string;
  verified_at: string | null;
  created_at: string;
}

export interface Export extends Archive {
  username: string;
}

export interface CourseEvent {
  id: number;
  at: string;
  kind: string;
  actor: string | null;
  subject: string | null;
  message: string;
  detail: Record<string, unknown>;
}

export interface Token {
  id: string;
  note: string;
  scopes: string[];
  /** The id of the token it was made with. */
  made_with?: string | null;
  created_at: string;
  expires_at: string | null;
  last_used_at?: string | null;
  token?: string;
}

export interface User {
  username: string;
  display_name: string;
  email: string | null;
  roles: Role[];
  created_at: string;
  last_login_at: string | null;
  disabled: boolean;
  /** What the lists of who may in say. */
  admission?: "allowed" | "denied" | "not_listed";
}
