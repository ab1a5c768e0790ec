import { useMutation, useQuery, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { apiPath, get, onStaleCsrfToken, request, requestPlace, setCsrfToken } from "./client";
import { isStatus } from "./error";
import type { SecondStep } from "./second_step";
import type { Language, Me } from "./types";

export const meKey = ["me"];

/** The person at the screen; null when nobody is logged in. */
async function fetchMe(): Promise<Me | null> {
  try {
    const me = await get<Me>(apiPath("me"));
    setCsrfToken(me.csrf_token);
    return me;
  } catch (error) {
    if (!isStatus(error, 401)) throw error;
    setCsrfToken("");
    return null;
  }
}

export function watchSession(queries: QueryClient): void {
  onStaleCsrfToken(async () => {
    await queries.refetchQueries({ queryKey: meKey });
  });
}

export function useMe() {
  return useQuery({ queryKey: meKey, queryFn: fetchMe, staleTime: 60_000 });
}

/** Another person's answers must not be seen by this one: the cache starts afresh. */
export function adoptSession(queries: QueryClient, me: Me | null): void {
  setCsrfToken(me?.csrf_token ?? "");
  queries.setQueryData(meKey, me);
  queries.removeQueries({ predicate: (query) => query.queryKey[0] !== "me" && query.queryKey[0] !== "options" });
}

export function useLogin() {
  const queries = useQueryClient();
  return useMutation({
    meta: { public: true },
    mutationFn: (credentials: { username: string; password: string; invitation?: string }) =>
      request<Me | SecondStep>("POST", apiPath("session"), credentials),
    onSuccess: (answer) => {
      if (!("second_step" in answer)) adoptSession(queries, answer);
    },
  });
}

/**
 * Whoever calls it forgets the session afterwards, by `adoptSession(…, null)`. Gives the address where the session at
 * a provider is ended, too, or null.
 */
export function useLogout() {
  return useMutation({ mutationFn: () => requestPlace("DELETE", apiPath("session")) });
}

export interface ProfileChange {
  display_name?: string;
  email?: string | null;
  language?: Language;
}

export function useChangeProfile() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (change: ProfileChange) => request<Me | undefined>("PATCH", apiPath("me"), change),
    onSuccess: async (me) => {
      if (me === undefined) await queries.invalidateQueries({ queryKey: meKey });
      else queries.setQueryData(meKey, me);
    },
  });
}

export function useChangePassword() {
  return useMutation({
    mutationFn: (change: { current: string; new: string }) =>
      request<undefined>("POST", apiPath("me", "password"), change),
  });
}
