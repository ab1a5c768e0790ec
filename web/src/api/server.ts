import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { apiPath, get, hubPath, request } from "./client";
import { failureText } from "../lib/failure";
import { ApiError, isStatus } from "./error";
import { useEventStream } from "./event_stream";
import type { HubServer, HubUser, Progress, ServerEnding } from "./hub_types";

export type ServerPhase = "loading" | "stopped" | "starting" | "ready" | "stopping" | "failed";

export interface ServerView {
  slug: string;
  phase: ServerPhase;
  server: HubServer | null;
  progress: Progress | null;
  error: Error | null;
  /** Why a stopped server was stopped, unless its owner did it. */
  reason: string | null;
  start: () => void;
  stop: () => Promise<void>;
  /** Somebody still needs it, though nobody uses it. */
  stay: () => void;
  /** Stops it, and forgets it; not for the default one. */
  remove: () => Promise<void>;
}

interface Known {
  server: HubServer | null;
  /** Of a server that does not run. */
  ending: ServerEnding | null;
}

/** Whoever never had a server is unknown to the hub: that is no error. */
async function getOrNull<T>(path: string): Promise<T | null> {
  try {
    return await get<T>(path);
  } catch (error) {
    if (isStatus(error, 404)) return null;
    throw error;
  }
}

async function fetchServer(slug: string, username: string, name: string): Promise<Known> {
  const user = await getOrNull<HubUser>(hubPath(slug, "users", username));
  const server = user?.servers[name] ?? null;
  if (server !== null) return { server, ending: null };
  const named = name === "" ? [] : [name];
  return { server, ending: await getOrNull<ServerEnding>(apiPath("courses", slug, "servers", username, ...named)) };
}

/** Where the hub's API has this server; the default one has no name. */
export function serverCall(slug: string, username: string, name: string, ...more: string[]): string {
  return name === "" ? hubPath(slug, "users", username, "server", ...more) : hubPath(slug, "users", username, "servers", name, ...more);
}

function phaseOf(known: Known | undefined, starting: boolean, failed: boolean): ServerPhase {
  const server = known?.server;
  if (starting || server?.pending === "spawn") return "starting";
  if (server?.pending === "stop") return "stopping";
  if (server?.ready === true) return "ready";
  if (failed) return "failed";
  return known === undefined ? "loading" : "stopped";
}

/** What the page did not see itself, because it was opened or loaded again since. */
function failureOf(ending: ServerEnding | null): Error | null {
  if (ending?.state !== "failed" || ending.message === null) return null;
  return new ApiError("problem", 0, failureText(ending.message, ending.log_tail ?? ""));
}

/** One person's server in a course: its state, its start step by step, and its end. */
export function useServer(slug: string, username: string, name = ""): ServerView {
  const queries = useQueryClient();
  const key = ["hub-user", slug, username, "server", name];
  const [progress, setProgress] = useState<Progress | null>(null);
  const [explaining, setExplaining] = useState(false);
  const [givenUp, setGivenUp] = useState(false);

  const starting = useMutation({
    mutationFn: () => request<unknown>("POST", serverCall(slug, username, name)),
    onMutate: () => {
      setProgress(null);
      setGivenUp(false);
    },
    // The hub answers after some seconds, whatever happens; its stream knows the end of the log.
    onError: (error) => setExplaining(isStatus(error, 503)),
    onSettled: () => refresh(),
  });
  const known = useQuery({
    queryKey: key,
    queryFn: () => fetchServer(slug, username, name),
    refetchInterval: (query) => {
      if (starting.isPending) return 300;
      return query.state.data?.server?.pending ? 2_000 : 15_000;
    },
  });
  const refresh = () => queries.invalidateQueries({ queryKey: key });
  const stopping = useMutation({
    mutationFn: (remove: boolean) => request<unknown>("DELETE", serverCall(slug, username, name), remove ? { remove } : undefined),
    onMutate: () => {
      setProgress(null);
      // That a start ends without a server is what was wanted then.
      setGivenUp(underWay || starting.isPending);
    },
    // The list of one's servers, too, when this one goes.
    onSettled: (_done, _error, remove) => (remove ? queries.invalidateQueries({ queryKey: ["hub-user", slug, username] }) : refresh()),
  });

  const staying = useMutation({
    mutationFn: () => {
      const used = { servers: { [name]: { last_activity: new Date().toISOString() } } };
      return request<unknown>("POST", hubPath(slug, "users", username, "activity"), used);
    },
    onSettled: () => refresh(),
  });

  const server = known.data?.server ?? null;
  const ending = known.data?.ending ?? null;
  const underWay = server?.pending === "spawn";
  useEventStream<Progress>(
    serverCall(slug, username, name, "progress"),
    underWay || explaining,
    (step) => {
      setProgress(step);
      if (step.ready !== true && step.failed !== true) return;
      setExplaining(false);
      void refresh();
    },
    () => {
      setExplaining(false);
      void refresh();
    },
  );

  const explained = progress?.failed === true;
  const told = explained ? new ApiError("problem", 0, failureText(progress.message, progress.log_tail)) : starting.error;
  const failure = (givenUp ? null : told) ?? failureOf(ending);
  return {
    slug,
    phase: phaseOf(known.data, starting.isPending, failure !== null),
    server,
    progress: underWay || progress?.ready === true ? progress : null,
    error: failure ?? staying.error ?? known.error,
    reason: ending?.message ?? null,
    start: () => starting.mutate(),
    stop: async () => {
      await stopping.mutateAsync(false);
    },
    stay: () => staying.mutate(),
    remove: async () => {
      await stopping.mutateAsync(true);
    },
  };
}
