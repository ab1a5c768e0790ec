import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { apiPath, get, request } from "./client";
import { courseKey } from "./courses";
import { usePaged, type PagedOptions } from "./paged";
import { adoptSession } from "./session";
import type { ApplicationState, Invitation, InvitedCourse, Me, Participant } from "./types";

export function participantsKey(slug: string): string[] {
  return ["participants", slug];
}

export function useParticipants(slug: string, state: ApplicationState, options: PagedOptions = {}) {
  const path = apiPath("courses", slug, "participants");
  return usePaged<Participant>(participantsKey(slug), path, { state }, options);
}

/** Accepts or rejects an application, or removes a participant. */
export function useParticipantAction(slug: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ username, action }: { username: string; action: "accept" | "reject" | "remove" }) =>
      action === "remove"
        ? request<unknown>("DELETE", apiPath("courses", slug, "participants", username))
        : request<unknown>("POST", apiPath("courses", slug, "participants", username, action), {}),
    onSettled: async () => {
      await Promise.all([
        queries.invalidateQueries({ queryKey: participantsKey(slug) }),
        queries.invalidateQueries({ queryKey: courseKey(slug) }),
      ]);
    },
  });
}

export function useInvitation(slug: string, enabled: boolean) {
  return useQuery({
    queryKey: ["invitation", slug],
    queryFn: () => get<Invitation>(apiPath("courses", slug, "invitation")),
    enabled,
  });
}

export function useRotateInvitation(slug: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => request<Invitation>("POST", apiPath("courses", slug, "invitation", "rotate"), {}),
    onSuccess: (invitation) => queries.setQueryData(["invitation", slug], invitation),
  });
}

export function useInvitedCourse(code: string) {
  return useQuery({
    queryKey: ["invited", code],
    queryFn: () => get<InvitedCourse>(apiPath("invitations", code)),
    refetchInterval: (query) => (query.state.data?.me.application === "pending" ? 5_000 : false),
  });
}

export interface SignUp {
  username: string;
  password: string;
  display_name?: string;
  email?: string;
}

export function useSignUp(code: string) {
  const queries = useQueryClient();
  return useMutation({
    meta: { public: true },
    mutationFn: (person: SignUp) => request<Me>("POST", apiPath("invitations", code, "signup"), person),
    onSuccess: async (me) => {
      adoptSession(queries, me);
      await queries.invalidateQueries({ queryKey: ["invited", code] });
    },
  });
}

export function useApply(code: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => request<unknown>("POST", apiPath("invitations", code, "applications"), {}),
    onSettled: async () => {
      await Promise.all([
        queries.invalidateQueries({ queryKey: ["invited", code] }),
        queries.invalidateQueries({ queryKey: ["courses"] }),
      ]);
    },
  });
}
