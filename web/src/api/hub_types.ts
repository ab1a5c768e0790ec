/** What a hub says of its people and their servers, in JupyterHub's shapes and our own. */

/** A server in JupyterHub's user model. */
export interface HubServer {
  name: string;
  display_name?: string;
  ready: boolean;
  pending: "spawn" | "stop" | null;
  url: string;
  started: string | null;
  last_activity: string | null;
  stopped?: boolean;
  /** Nobody uses it, and it will be stopped then. */
  stops_at?: string | null;
}

export interface HubUser {
  name: string;
  admin?: boolean;
  roles?: string[];
  last_activity?: string | null;
  pending: "spawn" | "stop" | null;
  server: string | null;
  servers: Record<string, HubServer>;
}

/** A token that a hub issued, for its own API and servers. */
export interface HubToken {
  id: string;
  kind?: string;
  note: string;
  scopes: string[];
  created: string | null;
  last_activity: string | null;
  expires_at: string | null;
  oauth_client?: string;
  /** Only in the answer that made it. */
  token?: string;
}

/** How somebody's server is, and why it ended; it outlives the page that saw it end. */
export interface ServerEnding {
  state: string;
  message: string | null;
  log_tail: string | null;
}

/** One step of a starting server, as its progress stream reports it. */
export interface Progress {
  progress: number;
  message: string;
  ready?: boolean;
  failed?: boolean;
  url?: string;
  queue_position?: number;
  /** The end of the server's log, when it failed. */
  log_tail?: string;
}
