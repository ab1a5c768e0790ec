import { useMutation, useQueryClient } from "@tanstack/react-query";
import { apiPath, request } from "./client";
import { usePaged } from "./paged";

/** An account elsewhere with which somebody logs in, or could. */
export interface LoginIdentity {
  login: string;
  title: string;
  joined_as: string | null;
  joined_at: string | null;
  used_at: string | null;
}

const key = ["me-logins"];

export function useLogins() {
  return usePaged<LoginIdentity>(key, apiPath("me", "logins"));
}

/** Gives the path where the browser goes on. */
export function useJoinLogin() {
  return useMutation({
    mutationFn: (login: string) => request<{ path: string }>("POST", apiPath("me", "logins", login)),
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
