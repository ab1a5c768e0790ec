import { useMutation, useQueryClient } from "@tanstack/react-query";
import { apiPath, request } from "./client";
import { usePaged } from "./paged";

/** An account elsewhere with which somebody logs in, or could. */
export interface LoginIdentity {
  login: string;
  title: string;
  /** null: not offered any more. */
  kind?: "provider" | "directory" | null;
  joined_as: string | null;
  joined_at: string | null;
  used_at: string | null;
}

const key = ["me-logins"];

export function useLogins() {
  return usePaged<LoginIdentity>(key, apiPath("me", "logins"));
}

interface Joining {
  login: string;
  /** At a directory. */
  proof?: { username: string; password: string };
}

/** Gives the path where the browser goes on. */
export function useJoinLogin() {
  return useMutation({
    mutationFn: ({ login, proof }: Joining) => request<{ path: string }>("POST", apiPath("me", "logins", login), proof),
    onSuccess: ({ path }) => window.location.assign(path),
  });
}

export function usePartLogin() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (login: string) => request<undefined>("DELETE", apiPath("me", "logins", login)),
    onSettled: () => queries.invalidateQueries({ queryKey: key }),
  });
}
