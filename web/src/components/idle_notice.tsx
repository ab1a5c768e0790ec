import { Alert, Button, Group, Text } from "@mantine/core";
import type { ServerView } from "../api/server";
import { useI18n } from "../i18n/context";
import { ErrorNotice } from "./error_notice";
import { When } from "./when";

/** Says that a server is about to be stopped because nobody uses it; nothing for one that is used. */
export function IdleNotice({ view, own }: { view: ServerView; own: boolean }) {
  const { t } = useI18n();
  const stopsAt = view.server?.stops_at ?? null;
  if (stopsAt === null) return null;
  return (
    <Alert color="brass" role="status" data-testid="idle-notice">
      <Group justify="space-between" gap="sm">
        <Text style={{ flex: "1 1 16rem" }}>
          {t("server.idle")} <When at={stopsAt} relative />
          {t("server.idleFiles")}
        </Text>
        {own && (
          <Button size="xs" variant="default" onClick={view.stay} data-testid="keep-running">
            {t("server.stay")}
          </Button>
        )}
      </Group>
      <ErrorNotice error={view.error} />
    </Alert>
  );
}
