import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { apiPath, get, hubPath, request } from "./client";
import { failureText } from "../lib/failure";
import { ApiError, isStatus } from "./error";
import { useEventStream } from "./event_stream";
import type { HubServer, HubUser, Progress, ServerEnding } from "./types";

export type ServerPhase = "loading" | "stopped" | "starting" | "ready" | "stopping" | "failed";

export interface ServerView {
  phase: ServerPhase;
  server: HubServer | null;
  progress: Progress | null;
  error: Error | null;
  /** Why a stopped server was stopped, unless its owner did it. */
  reason: string | null;
  start: () => void;
  stop: () => Promise<void>;
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

async function fetchServer(slug: string, username: string): Promise<Known> {
  const user = await getOrNull<HubUser>(hubPath(slug, "users", username));
  const server = user?.servers[""] ?? null;
  if (server !== null) return { server, ending: null };
  return { server, ending: await getOrNull<ServerEnding>(apiPath("courses", slug, "servers", username)) };
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
export function useServer(slug: string, username: string): ServerView {
  const queries = useQueryClient();
  const key = ["hub-user", slug, username];
  const [progress, setProgress] = useState<Progress | null>(null);
  const [explaining, setExplaining] = useState(false);

  const starting = useMutation({
    mutationFn: () => request<unknown>("POST", hubPath(slug, "users", username, "server"), {}),
    onMutate: () => setProgress(null),
    // The hub answers after some seconds, whatever happens; its stream knows the end of the log.
    onError: (error) => setExplaining(isStatus(error, 503)),
    onSettled: () => refresh(),
  });
  const known = useQuery({
    queryKey: key,
    queryFn: () => fetchServer(slug, username),
    refetchInterval: (query) => {
      if (starting.isPending) return 300;
      return query.state.data?.server?.pending ? 2_000 : 15_000;
    },
  });
  const refresh = () => queries.invalidateQueries({ queryKey: key });
  const stopping = useMutation({
    mutationFn: () => request<unknown>("DELETE", hubPath(slug, "users", username, "server")),
    onMutate: () => setProgress(null),
    onSettled: refresh,
  });

  const server = known.data?.server ?? null;
  const ending = known.data?.ending ?? null;
  const underWay = server?.pending === "spawn";
  useEventStream<Progress>(
    hubPath(slug, "users", username, "server", "progress"),
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
  const seen = explained ? new ApiError("problem", 0, failureText(progress.message, progress.log_tail)) : starting.error;
  const failure = seen ?? failureOf(ending);
  return {
    phase: phaseOf(known.data, starting.isPending, failure !== null),
    server,
    progress: underWay || progress?.ready === true ? progress : null,
    error: failure ?? known.error,
    reason: ending?.message ?? null,
    start: () => starting.mutate(),
    stop: async () => {
      await stopping.mutateAsync();
    },
  };
}
