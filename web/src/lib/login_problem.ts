import type { MessageKey } from "../i18n/messages";

const keys: Record<string, MessageKey> = {
  unavailable: "logins.problem.unavailable",
  untrusted: "logins.problem.untrusted",
  misconfigured: "logins.problem.misconfigured",
  refused: "logins.problem.refused",
  stale: "logins.problem.stale",
  not_allowed: "logins.problem.not_allowed",
  sign_up_closed: "logins.problem.sign_up_closed",
  name_missing: "logins.problem.name_missing",
  name_unusable: "logins.problem.name_unusable",
  name_reserved: "logins.problem.name_reserved",
  name_taken: "logins.problem.name_taken",
  denied: "access.denied",
  not_listed: "access.not_listed",
  disabled: "logins.problem.disabled",
  joined_elsewhere: "logins.problem.joined_elsewhere",
  joined_already: "logins.problem.joined_already",
  not_logged_in: "logins.problem.not_logged_in",
  busy: "logins.problem.busy",
  password_expired: "logins.problem.password_expired",
  account_expired: "logins.problem.account_expired",
};

/** Whether this is one of them: also the field of an error, when a directory does not let somebody in. */
export function isProblem(problem: string | null): problem is string {
  return problem !== null && (problem === "failed" || Object.hasOwn(keys, problem));
}

/** The sentence for a problem as the server names it. */
export function problemKey(problem: string): MessageKey {
  return (Object.hasOwn(keys, problem) ? keys[problem] : undefined) ?? "logins.problem.failed";
}
