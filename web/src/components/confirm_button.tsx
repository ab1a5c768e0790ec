import { Button, Group, Modal, Stack, Text, Textarea, type ButtonProps } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useState } from "react";
import { useI18n } from "../i18n/context";
import { ErrorNotice } from "./error_notice";

interface ConfirmButtonProps extends ButtonProps {
  label: string;
  title: string;
  text: string;
  /** Asks for a reason, and hands it on. */
  reasonLabel?: string;
  testId?: string;
  onConfirm: (reason: string) => Promise<unknown>;
}

/** A button for what cannot be taken back: it asks first, and shows an error where it asked. */
export function ConfirmButton({ label, title, text, reasonLabel, testId, onConfirm, ...button }: ConfirmButtonProps) {
  const { t } = useI18n();
  const [opened, dialog] = useDisclosure(false);
  const [reason, setReason] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const incomplete = reasonLabel !== undefined && reason.trim() === "";

  const open = () => {
    setError(null);
    dialog.open();
  };
  const confirm = async () => {
    setBusy(true);
    setError(null);
    try {
      await onConfirm(reason.trim());
      dialog.close();
    } catch (caught) {
      setError(caught);
    } finally {
      setBusy(false);
    }
  };

  return (
    <>
      <Button {...button} onClick={open} data-testid={testId}>
        {label}
      </Button>
      <Modal opened={opened} onClose={dialog.close} title={<Text fw={600}>{title}</Text>} closeButtonProps={{ "aria-label": t("action.close") }}>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void confirm();
          }}
        >
          <Stack>
            <Text>{text}</Text>
            {reasonLabel !== undefined && (
              <Textarea
                label={reasonLabel}
                value={reason}
                onChange={(event) => setReason(event.currentTarget.value)}
                autosize
                minRows={2}
                maxLength={2048}
                required
                data-autofocus
                data-testid="confirm-reason"
              />
            )}
            <ErrorNotice error={error} />
            <Group justify="flex-end">
              <Button variant="default" onClick={dialog.close}>
                {t("action.keep")}
              </Button>
              <Button type="submit" color={button.color ?? "claret"} loading={busy} disabled={incomplete} data-testid="confirm">
                {label}
              </Button>
            </Group>
          </Stack>
        </form>
      </Modal>
    </>
  );
}
