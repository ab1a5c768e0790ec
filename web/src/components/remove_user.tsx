import { Button, Group, Modal, Radio, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useState } from "react";
import { leftovers, useRemoveUser, type Leftovers } from "../api/removals";
import type { User } from "../api/types";
import { useI18n } from "../i18n/context";
import { ErrorNotice } from "./error_notice";

/** Removing somebody from the installation. What becomes of their files has to be chosen. */
export function RemoveUser({ user }: { user: User }) {
  const { t } = useI18n();
  const [opened, dialog] = useDisclosure(false);
  const [chosen, setChosen] = useState<Leftovers | "">("");
  const remove = useRemoveUser(user.username);
  const open = () => {
    setChosen("");
    remove.reset();
    dialog.open();
  };
  return (
    <>
      <Button variant="default" size="compact-sm" onClick={open} aria-label={t("removal.openFor", { name: user.username })} data-testid={`remove-${user.username}`}>
        {t("removal.open")}
      </Button>
      <Modal opened={opened} onClose={dialog.close} title={<Text fw={600}>{t("removal.title", { name: user.username })}</Text>} closeButtonProps={{ "aria-label": t("action.close") }}>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (chosen !== "") remove.mutate(chosen, { onSuccess: dialog.close });
          }}
        >
          <Stack>
            <Text>{t("removal.text")}</Text>
            <Radio.Group label={t("removal.question")} value={chosen} onChange={(value) => setChosen(value as Leftovers)} required>
              <Stack gap="sm" mt="xs">
                {leftovers.map((each) => (
                  <Radio key={each} value={each} label={t(`removal.choice.${each}`)} description={t(`removal.hint.${each}`)} data-testid={`leftovers-${each}`} />
                ))}
              </Stack>
            </Radio.Group>
            <ErrorNotice error={remove.error} />
            <Group justify="flex-end">
              <Button variant="default" onClick={dialog.close}>
                {t("action.keep")}
              </Button>
              <Button type="submit" color="claret" disabled={chosen === ""} loading={remove.isPending} data-testid="removal-confirm">
                {t("removal.confirm")}
              </Button>
            </Group>
          </Stack>
        </form>
      </Modal>
    </>
  );
}
