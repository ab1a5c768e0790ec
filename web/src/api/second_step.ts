/** What a log-in waits for, whose password was right. */
export interface SecondStep {
  second_step: FactorKind[];
  expires_at: string;
}

export type FactorKind = "totp" | "webauthn";
