import { useMutation, useQueryClient } from "@tanstack/react-query";
import { apiPath, request } from "./client";
import { usePaged } from "./paged";

/** One log-in of the person at the screen. */
export interface Session {
  id: string;
  created_at: string;
  last_used_at: string;
  expires_at: string;
  address: string | null;
  user_agent: string | null;
  /** The one that this page belongs to. */
  current: boolean;
}

const key = ["sessions"];

export function useSessions() {
  return usePaged<Session>(key, apiPath("sessions"), {}, { limit: 200 });
}

/** Ends one of one's own sessions; null: all but this one. */
export function useEndSessions() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id: string | null) => request<undefined>("DELETE", id === null ? apiPath("sessions") : apiPath("sessions", id)),
    onSettled: () => queries.invalidateQueries({ queryKey: key }),
  });
}
