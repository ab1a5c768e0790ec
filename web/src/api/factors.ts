import { startAuthentication, startRegistration, type PublicKeyCredentialCreationOptionsJSON, type PublicKeyCredentialRequestOptionsJSON } from "@simplewebauthn/browser";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { apiPath, get, request } from "./client";
import { ApiError } from "./error";
import { adoptSession, meKey } from "./session";
import type { FactorKind, SecondStep } from "./second_step";
import type { Me } from "./types";

export interface Factor {
  id: string;
  kind: FactorKind;
  name: string;
  created_at: string;
  last_used_at: string | null;
}

export interface Factors {
  factors: Factor[];
  recovery_codes_left: number;
}

/** An app that is being set up. */
export interface AppSetup {
  id: string;
  secret: string;
  /** The same for a QR code. */
  address: string;
}

interface KeySetup {
  id: string;
  options: PublicKeyCredentialCreationOptionsJSON;
}

interface KeyChallenge {
  options: PublicKeyCredentialRequestOptionsJSON;
}

const key = ["factors"];

/** Whether this browser can ask a key here: it needs TLS or localhost, and a name that is no address. */
export function canUseKeys(): boolean {
  const { hostname } = window.location;
  const isAddress = /^[\d.]+$/.test(hostname) || hostname.includes(":");
  return typeof window.PublicKeyCredential === "function" && !isAddress;
}

/** The person put the key away, or waited too long: nothing that needs an explanation. */
export function isDeclined(error: unknown): boolean {
  return error instanceof Error && (error.name === "NotAllowedError" || error.name === "AbortError");
}

/** The server wants to know once more who is there. */
export function wantsConfirmation(error: unknown): boolean {
  return error instanceof ApiError && error.type === "urn:carrel:problem:confirmation";
}

/** What a log-in waits for that began elsewhere, at a hub's own form. */
export function useWaitingStep(enabled: boolean) {
  return useQuery({ queryKey: ["second-step"], queryFn: () => get<SecondStep>(apiPath("session", "factor")), enabled, retry: false, gcTime: 0 });
}

async function askKey(challenge: string): Promise<unknown> {
  const { options } = await request<KeyChallenge>("POST", apiPath("session", challenge), {});
  return startAuthentication({ optionsJSON: options });
}

/** The second step: a code, or null for the key. */
export function useFinishLogin() {
  const queries = useQueryClient();
  return useMutation({
    meta: { public: true },
    mutationFn: async (code: string | null) =>
      request<Me>("POST", apiPath("session", "factor"), code === null ? { credential: await askKey("key-challenge") } : { code }),
    onSuccess: (me) => adoptSession(queries, me),
  });
}

/** Proves once more who is there. */
export function useConfirm() {
  return useMutation({
    mutationFn: async (proof: { password: string } | { code: string } | "key") =>
      request<undefined>("POST", apiPath("session", "confirmation"), proof === "key" ? { credential: await askKey("confirmation-challenge") } : proof),
  });
}

export function useFactors() {
  return useQuery({ queryKey: key, queryFn: () => get<Factors>(apiPath("me", "factors")) });
}

export const beginApp = () => request<AppSetup>("POST", apiPath("me", "factor-setups"), { kind: "totp" });

/** What changes one's own factors, and the list of them with it. */
export function useFactorChanges() {
  const queries = useQueryClient();
  const changed = async () => {
    await Promise.all([queries.invalidateQueries({ queryKey: key }), queries.invalidateQueries({ queryKey: meKey })]);
  };
  const codesOf = async (made: Promise<{ recovery_codes: string[] }>) => {
    const { recovery_codes } = await made;
    await changed();
    return recovery_codes;
  };
  return {
    endApp: (setup: AppSetup, name: string, code: string) =>
      codesOf(request("POST", apiPath("me", "factors"), { setup: setup.id, name, code })),
    addKey: async (name: string) => {
      const { id, options } = await request<KeySetup>("POST", apiPath("me", "factor-setups"), { kind: "webauthn" });
      const credential = await startRegistration({ optionsJSON: options });
      return codesOf(request("POST", apiPath("me", "factors"), { setup: id, name, credential }));
    },
    remove: async (id: string) => {
      await request<undefined>("DELETE", apiPath("me", "factors", id));
      await changed();
    },
    renewCodes: () => codesOf(request("POST", apiPath("me", "recovery-codes"), {})),
  };
}
