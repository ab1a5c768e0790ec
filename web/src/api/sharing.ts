import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { apiPath, get, hubPath, request } from "./client";

/** Somebody, or whoever is in a group, may enter one server of somebody else. */
export interface Share {
  server: { name: string; url: string; ready: boolean; user: { name: string } };
  user: { name: string } | null;
  group: { name: string } | null;
  created_at: string;
}

/** Whom a share lets in: one of both. */
export type Receiver = { user: string } | { group: string };

export function receiverOf(share: Share): Receiver {
  return share.group === null ? { user: share.user?.name ?? "" } : { group: share.group.name };
}

/** A link by which whoever of the course opens it gets a share. */
export interface ShareCode {
  id: string;
  server: { name: string };
  expires_at: string;
  exchange_count: number;
  /** Only in the answer to its making. */
  accept_url?: string;
}

export interface Visit {
  at: string;
  visitor: string;
  server: string;
}

interface Listed<T> {
  items: T[];
}

const key = (slug: string, ...more: string[]) => ["sharing", slug, ...more];

/** What the hub of this course says of oneself. */
function useHubUser(slug: string) {
  return useQuery({
    queryKey: key(slug, "me"),
    queryFn: () => get<{ scopes: string[]; groups?: string[] }>(hubPath(slug, "user")),
    staleTime: 60_000,
  }).data;
}

/** Whether this platform lets one share one's own servers. */
export function useMayShare(slug: string): boolean {
  return useHubUser(slug)?.scopes.some((scope) => /^shares(!|$)/.test(scope)) ?? false;
}

/** The groups that one is in, and may share with. */
export function useOwnGroups(slug: string): string[] {
  return useHubUser(slug)?.groups ?? [];
}

export function useShares(slug: string, username: string) {
  const shares = useQuery({
    queryKey: key(slug, "shares", username),
    queryFn: async () => (await get<Listed<Share>>(hubPath(slug, "shares", username))).items,
    refetchInterval: 30_000,
  });
  const codes = useQuery({
    queryKey: key(slug, "codes", username),
    queryFn: async () => (await get<Listed<ShareCode>>(hubPath(slug, "share-codes", username))).items,
    refetchInterval: 30_000,
  });
  return { shares, codes };
}

export function useVisits(slug: string, username: string) {
  return useQuery({
    queryKey: key(slug, "visits", username),
    queryFn: async () => (await get<Listed<Visit>>(apiPath("courses", slug, "visits", username))).items,
    refetchInterval: 30_000,
  });
}

export function useSharedWith(slug: string, username: string) {
  return useQuery({
    queryKey: key(slug, "shared", username),
    // Whoever shares with a group that they are in is let into nothing new.
    queryFn: async () =>
      (await get<Listed<Share>>(hubPath(slug, "users", username, "shared"))).items.filter((share) => share.server.user.name !== username),
    refetchInterval: 30_000,
  });
}

/** A change, after which all lists are asked for anew. The default server's name is "". */
function useChange<Input, Output>(slug: string, change: (input: Input) => Promise<Output>) {
  const queries = useQueryClient();
  return useMutation({ mutationFn: change, onSettled: () => queries.invalidateQueries({ queryKey: key(slug) }) });
}

export function useLetIn(slug: string, username: string) {
  return useChange(slug, ({ server, receiver }: { server: string; receiver: Receiver }) =>
    request<Share>("POST", hubPath(slug, "shares", username, server), { ...receiver }),
  );
}

export function useTakeBack(slug: string, username: string) {
  return useChange(slug, (share: Share) =>
    request<unknown>("PATCH", hubPath(slug, "shares", username, share.server.name), { ...receiverOf(share) }),
  );
}

export function useMakeLink(slug: string, username: string) {
  return useChange(slug, (server: string) => request<ShareCode>("POST", hubPath(slug, "share-codes", username, server), {}));
}

export function useWithdrawLink(slug: string, username: string) {
  return useChange(slug, (code: ShareCode) =>
    request<unknown>("DELETE", `${hubPath(slug, "share-codes", username, code.server.name)}?id=${encodeURIComponent(code.id)}`),
  );
}

export function useLeave(slug: string, username: string) {
  return useChange(slug, (share: Share) => request<unknown>("DELETE", hubPath(slug, "users", username, "shared", share.server.user.name, share.server.name)));
}
