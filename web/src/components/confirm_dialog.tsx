import { Button, Divider, Modal, Stack, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { canUseKeys, isDeclined, useConfirm, type Factor } from "../api/factors";
import { useI18n } from "../i18n/context";
import { ErrorNotice } from "./error_notice";
import { PasswordField } from "./fields";

interface ConfirmDialogProps {
  opened: boolean;
  factors: Factor[];
  onClose: () => void;
  onConfirmed: () => void;
}

/** Asks for the password or a second factor once more, before what an open browser must not let anybody do. */
export function ConfirmDialog({ opened, factors, onClose, onConfirmed }: ConfirmDialogProps) {
  const { t } = useI18n();
  const confirm = useConfirm();
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const prove = (proof: Parameters<typeof confirm.mutate>[0]) =>
    confirm.mutate(proof, {
      onSuccess: () => {
        setPassword("");
        setCode("");
        onConfirmed();
      },
    });
  return (
    <Modal opened={opened} onClose={onClose} title={<Text fw={600}>{t("confirm.title")}</Text>} closeButtonProps={{ "aria-label": t("action.close") }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          prove(code === "" ? { password } : { code });
        }}
      >
        <Stack>
          <Text size="sm">{t("confirm.text")}</Text>
          {factors.some(({ kind }) => kind === "webauthn") && canUseKeys() && (
            <Button variant="default" onClick={() => prove("key")}>
              {t("step.useKey")}
            </Button>
          )}
          <PasswordField
            label={t("field.password")}
            autoComplete="current-password"
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
            data-autofocus
            data-testid="confirm-password"
          />
          {factors.length > 0 && (
            <>
              <Divider label={t("step.or")} />
              <TextInput label={t("step.code")} autoComplete="one-time-code" value={code} onChange={(event) => setCode(event.currentTarget.value)} />
            </>
          )}
          {!isDeclined(confirm.error) && <ErrorNotice error={confirm.error} />}
          <Button type="submit" loading={confirm.isPending} disabled={password === "" && code === ""} data-testid="confirm-again">
            {t("confirm.submit")}
          </Button>
        </Stack>
      </form>
    </Modal>
  );
}
