import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { get, hubPath, request } from "./client";
import type { HubToken, HubUser } from "./hub_types";

const pageSize = 50;

function tokensKey(slug: string): string[] {
  return ["hub-tokens", slug];
}

/** The tokens that somebody has in one course's hub. */
export function useHubTokens(slug: string, username: string) {
  return useQuery({
    queryKey: tokensKey(slug),
    queryFn: async () => (await get<{ api_tokens: HubToken[] }>(hubPath(slug, "users", username, "tokens"))).api_tokens,
  });
}

export function useCreateHubToken(slug: string, username: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (wish: { note: string; expires_in?: number; scopes?: string[] }) =>
      request<HubToken>("POST", hubPath(slug, "users", username, "tokens"), wish),
    onSuccess: () => queries.invalidateQueries({ queryKey: tokensKey(slug) }),
  });
}

export function useRevokeHubToken(slug: string, username: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => request<undefined>("DELETE", hubPath(slug, "users", username, "tokens", id)),
    onSettled: () => queries.invalidateQueries({ queryKey: tokensKey(slug) }),
  });
}

function usersKey(slug: string): string[] {
  return ["hub-users", slug];
}

/** Everybody in a hub whose name has `filter` in it, page by page. */
export function useHubUsers(slug: string, filter: string) {
  const query = useInfiniteQuery({
    queryKey: [...usersKey(slug), filter],
    initialPageParam: 0,
    queryFn: ({ pageParam }) => {
      const asked = new URLSearchParams({ sort: "name", limit: String(pageSize), offset: String(pageParam) });
      if (filter !== "") asked.set("name_filter", filter);
      return get<HubUser[]>(`${hubPath(slug, "users")}?${asked.toString()}`);
    },
    getNextPageParam: (page, pages) => (page.length < pageSize ? undefined : pages.length * pageSize),
    refetchInterval: 5_000,
    placeholderData: (before) => before,
  });
  return { ...query, items: query.data?.pages.flat() };
}

export function useServerAction(slug: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ username, server, action }: { username: string; server: string; action: "start" | "stop" }) => {
      const place = server === "" ? ["server"] : ["servers", server];
      return action === "start"
        ? request<unknown>("POST", hubPath(slug, "users", username, ...place))
        : request<unknown>("DELETE", hubPath(slug, "users", username, ...place));
    },
    onMutate: () => void window.setTimeout(() => void queries.invalidateQueries({ queryKey: usersKey(slug) }), 300),
    onSettled: () => queries.invalidateQueries({ queryKey: usersKey(slug) }),
  });
}
