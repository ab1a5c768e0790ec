import { useMutation, useQueryClient } from "@tanstack/react-query";
import { apiPath, request } from "./client";
import { usePaged } from "./paged";

export const leftovers = ["keep", "export", "delete"] as const;
export type Leftovers = (typeof leftovers)[number];

/** Somebody who is removed from the installation, or is being removed. */
export interface Removal {
  username: string;
  leftovers: Leftovers;
  ordered_by: string | null;
  ordered_at: string;
  /** null: servers are stopped or files are treated still. */
  finished_at: string | null;
  problem: string | null;
}

export function useRemovals() {
  return usePaged<Removal>(["removals"], apiPath("removals"), {}, { refetchInterval: 5_000 });
}

function useRefresh() {
  const queries = useQueryClient();
  return () => {
    for (const key of ["removals", "users"]) void queries.invalidateQueries({ queryKey: [key] });
  };
}

export function useRemoveUser(username: string) {
  return useMutation({
    mutationFn: (chosen: Leftovers) => request<Removal>("POST", apiPath("users", username, "removal"), { leftovers: chosen }),
    onSettled: useRefresh(),
  });
}

export function useBringBack() {
  return useMutation({
    mutationFn: (username: string) => request<unknown>("DELETE", apiPath("users", username, "removal")),
    onSettled: useRefresh(),
  });
}
