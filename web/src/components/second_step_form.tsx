import { Button, Divider, Stack, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { ApiError } from "../api/error";
import { canUseKeys, isDeclined, useFinishLogin } from "../api/factors";
import type { SecondStep } from "../api/second_step";
import { useI18n } from "../i18n/context";
import { ErrorNotice } from "./error_notice";

interface SecondStepFormProps {
  step: SecondStep;
  /** The password has to be given once more. */
  onStartAgain: () => void;
}

/** After the password: a code of an app, a recovery code, or a key. */
export function SecondStepForm({ step, onStartAgain }: SecondStepFormProps) {
  const { t } = useI18n();
  const finish = useFinishLogin();
  const [code, setCode] = useState("");
  const hasKey = step.second_step.includes("webauthn");
  const over = finish.error instanceof ApiError && finish.error.field === "login";
  return (
    <Stack>
      {hasKey && canUseKeys() && (
        <>
          <Button onClick={() => finish.mutate(null)} loading={finish.isPending} data-testid="use-key">
            {t("step.useKey")}
          </Button>
          <Divider label={t("step.or")} />
        </>
      )}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          finish.mutate(code);
        }}
      >
        <Stack>
          <TextInput
            // Whoever comes here comes to type a code.
            // eslint-disable-next-line jsx-a11y/no-autofocus
            autoFocus
            label={t("step.code")}
            description={t(step.second_step.includes("totp") ? "step.codeHint" : "step.recoveryHint")}
            autoComplete="one-time-code"
            autoCapitalize="none"
            autoCorrect="off"
            spellCheck={false}
            maxLength={40}
            required
            value={code}
            onChange={(event) => setCode(event.currentTarget.value)}
            data-testid="step-code"
          />
          {isDeclined(finish.error) ? <Text size="sm">{t("step.declined")}</Text> : <ErrorNotice error={finish.error} />}
          <Button type="submit" variant={hasKey ? "default" : "filled"} loading={finish.isPending} disabled={over} data-testid="step-submit">
            {t("login.submit")}
          </Button>
          <Button variant={over ? "filled" : "subtle"} onClick={onStartAgain} data-testid="step-again">
            {t("step.again")}
          </Button>
        </Stack>
      </form>
    </Stack>
  );
}
