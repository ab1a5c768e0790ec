import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { get, hubPath, request } from "./client";
import { failureText } from "../lib/failure";
import { ApiError, isStatus } from "./error";
import { useEventStream } from "./event_stream";
import type { HubServer, HubUser, Progress } from "./types";

export type ServerPhase = "loading" | "stopped" | "starting" | "ready" | "stopping" | "failed";

export interface ServerView {
  phase: ServerPhase;
  server: HubServer | null;
  progress: Progress | null;
  error: Error | null;
  start: () => void;
  stop: () => Promise<void>;
}

/** Whoever never had a server is unknown to the hub: that is no error. */
async function fetchHubUser(slug: string, username: string): Promise<HubUser | null> {
  try {
    return await get<HubUser>(hubPath(slug, "users", username));
  } catch (error) {
    if (isStatus(error, 404)) return null;
    throw error;
  }
}

function phaseOf(user: HubUser | null | undefined, starting: boolean, failed: boolean): ServerPhase {
  const server = user?.servers[""];
  if (starting || server?.pending === "spawn") return "starting";
  if (server?.pending === "stop") return "stopping";
  if (server?.ready === true) return "ready";
  if (failed) return "failed";
  return user === undefined ? "loading" : "stopped";
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
  const user = useQuery({
    queryKey: key,
    queryFn: () => fetchHubUser(slug, username),
    refetchInterval: (query) => {
      if (starting.isPending) return 300;
      return query.state.data?.servers[""]?.pending ? 2_000 : 15_000;
    },
  });
  const refresh = () => queries.invalidateQueries({ queryKey: key });
  const stopping = useMutation({
    mutationFn: () => request<unknown>("DELETE", hubPath(slug, "users", username, "server")),
    onMutate: () => setProgress(null),
    onSettled: refresh,
  });

  const server = user.data?.servers[""] ?? null;
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
  const failure = explained ? new ApiError("problem", 0, failureText(progress.message, progress.log_tail)) : starting.error;
  return {
    phase: phaseOf(user.data, starting.isPending, failure !== null),
    server,
    progress: underWay || progress?.ready === true ? progress : null,
    error: failure ?? user.error,
    start: () => starting.mutate(),
    stop: async () => {
      await stopping.mutateAsync();
    },
  };
}
