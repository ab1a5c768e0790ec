import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { apiPath, get, request } from "./client";
import { usePaged } from "./paged";
import type { Overview } from "./overview";
import type { CourseEvent, Role, Token, User } from "./types";

export function useTokens() {
  return usePaged<Token>(["tokens"], apiPath("tokens"));
}

export interface TokenRequest {
  note: string;
  expires_in: number | null;
  scopes?: string[];
}

export function useCreateToken() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (token: TokenRequest) => request<Token>("POST", apiPath("tokens"), token),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["tokens"] }),
  });
}

export function useDeleteToken() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => request<undefined>("DELETE", apiPath("tokens", id)),
    onSettled: () => queries.invalidateQueries({ queryKey: ["tokens"] }),
  });
}

export function useOverview() {
  return useQuery({
    queryKey: ["overview"],
    queryFn: () => get<Overview>(apiPath("overview")),
    refetchInterval: 5_000,
  });
}

export function useUsers() {
  return usePaged<User>(["users"], apiPath("users"));
}

export function useAudit(enabled: boolean) {
  return usePaged<CourseEvent>(["audit"], apiPath("audit"), {}, { enabled });
}

export interface NewUser {
  username: string;
  password: string;
  display_name?: string;
  email?: string;
  roles: Role[];
}

export function useCreateUser() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (user: NewUser) => request<User>("POST", apiPath("users"), user),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["users"] }),
  });
}

export function useChangeUser(username: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (change: { roles?: Role[]; disabled?: boolean }) =>
      request<unknown>("PATCH", apiPath("users", username), change),
    onSettled: () => queries.invalidateQueries({ queryKey: ["users"] }),
  });
}
