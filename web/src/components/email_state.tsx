import { Button, Group, Text } from "@mantine/core";
import { useOptions } from "../api/courses";
import { useAskForConfirmation, useOwnEmail } from "../api/mail";
import { useI18n } from "../i18n/context";
import { ErrorNotice } from "./error_notice";

/** Whether the address was shown to be one's own. Nothing where no mail is sent. `sent`: a message has just gone to it. */
export function EmailState({ address, sent }: { address: string; sent: boolean }) {
  const { t } = useI18n();
  const options = useOptions();
  const own = useOwnEmail(address);
  const ask = useAskForConfirmation();
  if (options.data?.mail !== true || own.data === undefined || own.data.address === "") return null;
  if (own.data.confirmed)
    return (
      <Text size="sm" data-testid="email-state">
        {t("mail.isConfirmed", { address: own.data.address })}
      </Text>
    );
  const underWay = sent || ask.isSuccess;
  return (
    <>
      <Group gap="sm" data-testid="email-state">
        <Text size="sm" style={{ flex: "1 1 12rem" }}>
          {underWay ? t("mail.confirmationSent", { address: own.data.address }) : t("mail.notConfirmed", { address: own.data.address })}
        </Text>
        {own.data.can_be_confirmed && !underWay && (
          <Button variant="default" size="compact-sm" loading={ask.isPending} onClick={() => ask.mutate()} data-testid="email-ask">
            {t("mail.askConfirmation")}
          </Button>
        )}
      </Group>
      <ErrorNotice error={ask.error} />
    </>
  );
}
