import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { hubPath, request, get } from "./client";
import { isStatus } from "./error";
import { serverCall } from "./server";
import type { HubUser } from "./hub_types";

export interface NamedServer {
  name: string;
  /** What people call it. */
  displayName: string;
}

/** A person's servers in a course, beside the default one, running or not. */
async function fetchServers(slug: string, username: string): Promise<NamedServer[]> {
  try {
    const user = await get<HubUser>(`${hubPath(slug, "users", username)}?include_stopped_servers=1`);
    return Object.values(user.servers)
      .filter(({ name }) => name !== "")
      .map(({ name, display_name }) => ({ name, displayName: display_name ?? name }))
      .sort((a, b) => a.displayName.localeCompare(b.displayName));
  } catch (error) {
    if (isStatus(error, 404)) return [];
    throw error;
  }
}

export function useNamedServers(slug: string, username: string) {
  const queries = useQueryClient();
  const key = ["hub-user", slug, username, "names"];
  const opening = useMutation({
    mutationFn: (name: string) => request<unknown>("POST", serverCall(slug, username, name)),
    onSettled: () => queries.invalidateQueries({ queryKey: ["hub-user", slug, username] }),
  });
  const servers = useQuery({
    queryKey: key,
    queryFn: () => fetchServers(slug, username),
    // The hub answers once the server runs; its row is there at once, and shows how far it is.
    refetchInterval: opening.isPending ? 300 : 15_000,
  });
  return { servers, opening };
}
