import { Button, Group, Stack, Text } from "@mantine/core";
import { useLeave, useSharedWith } from "../api/sharing";
import { useI18n } from "../i18n/context";
import { localPath } from "../lib/next_path";
import { ErrorNotice } from "./error_notice";
import { Section } from "./section";

/** Servers of others that one was let into; nothing while there are none. */
export function SharedWithMe({ slug, username }: { slug: string; username: string }) {
  const { t } = useI18n();
  const shared = useSharedWith(slug, username).data ?? [];
  const leave = useLeave(slug, username);
  if (shared.length === 0) return null;
  return (
    <Section title={t("shared.title")} hint={t("shared.hint")}>
      <Stack gap="sm">
        <ErrorNotice error={leave.error} />
        {shared.map((share) => {
          const { name, url, ready, user } = share.server;
          return (
            <Group key={`${url} ${share.group?.name ?? ""}`} justify="space-between" gap="xs" data-testid={`shared-${user.name}`}>
              <Text style={{ overflowWrap: "anywhere", flex: "1 1 10rem" }}>
                {name === "" ? t("server.titleOf", { name: user.name }) : `${t("server.titleOf", { name: user.name })}: ${name}`}
                {share.group !== null && (
                  <Text span size="sm" c="dimmed">
                    {" "}
                    {t("shared.byGroup", { group: share.group.name })}
                  </Text>
                )}
                {!ready && (
                  <Text span size="sm" c="dimmed">
                    {" "}
                    {t("shared.stopped", { name: user.name })}
                  </Text>
                )}
              </Text>
              <Group gap="xs">
                {ready && (
                  <Button component="a" href={localPath(url)} size="compact-md" data-testid="enter-shared">
                    {t("shared.enter")}
                  </Button>
                )}
                {share.group === null && (
                  <Button variant="subtle" color="gray" size="compact-sm" onClick={() => leave.mutate(share)}>
                    {t("shared.leave")}
                  </Button>
                )}
              </Group>
            </Group>
          );
        })}
      </Stack>
    </Section>
  );
}
