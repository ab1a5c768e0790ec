import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { apiPath, get, request } from "./client";
import { usePaged } from "./paged";

export const accessLists = ["allow", "deny", "administrators", "leaders", "allow_groups", "deny_groups"] as const;
export type AccessList = (typeof accessLists)[number];

/** Who may in, as a whole. */
export interface Access {
  /** There is a list of who may in: nobody else may. */
  closed: boolean;
  contact: string | null;
  userlist: { path: string; people: number; read_at: string; problem: string | null } | null;
}

export interface AccessEntry {
  list: AccessList;
  value: string;
  /** Only what is here can be changed here. */
  place: "here" | "configuration" | "file";
  added_by: string | null;
  added_at: string | null;
}

export function useAccess() {
  return useQuery({
    queryKey: ["access"],
    queryFn: () => get<Access>(apiPath("access")),
    refetchInterval: 5_000,
  });
}

export function useAccessEntries() {
  return usePaged<AccessEntry>(["access-entries"], apiPath("access", "entries"), {}, { limit: 200 });
}

function useRefresh() {
  const queries = useQueryClient();
  return () => {
    for (const key of ["access", "access-entries", "users"]) void queries.invalidateQueries({ queryKey: [key] });
  };
}

export function useAddEntry() {
  return useMutation({
    mutationFn: (entry: { list: AccessList; value: string }) => request<AccessEntry>("POST", apiPath("access", "entries"), entry),
    onSettled: useRefresh(),
  });
}

export function useRemoveEntry() {
  return useMutation({
    mutationFn: ({ list, value }: { list: AccessList; value: string }) =>
      request<undefined>("DELETE", `${apiPath("access", "entries")}?${new URLSearchParams({ list, value }).toString()}`),
    onSettled: useRefresh(),
  });
}
