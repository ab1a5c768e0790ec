import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { apiPath, get, request } from "./client";

/** One's own address, and whether it was shown to be one's own. */
export interface OwnEmail {
  address: string;
  confirmed: boolean;
  /** A link that confirms it can be sent there. */
  can_be_confirmed: boolean;
}

const key = ["me-email"];

export function useOwnEmail(address: string) {
  return useQuery({ queryKey: [...key, address], queryFn: () => get<OwnEmail>(apiPath("me", "email")) });
}

export function useAskForConfirmation() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => request<undefined>("POST", apiPath("me", "email", "confirmation")),
    onSettled: () => queries.invalidateQueries({ queryKey: key }),
  });
}

/** Answers the same whether there is such an account or not. */
export function useAskForReset() {
  return useMutation({
    meta: { public: true },
    mutationFn: (account: string) => request<undefined>("POST", apiPath("password-reset"), { account }),
  });
}

export function useResetPassword() {
  return useMutation({
    meta: { public: true },
    mutationFn: (wish: { token: string; password: string }) =>
      request<undefined>("POST", apiPath("password-reset", "password"), wish),
  });
}

export function useConfirmEmail() {
  const queries = useQueryClient();
  return useMutation({
    meta: { public: true },
    mutationFn: (token: string) => request<{ address: string }>("POST", apiPath("email-confirmation"), { token }),
    onSuccess: () => queries.invalidateQueries({ queryKey: key }),
  });
}
