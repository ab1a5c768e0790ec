import { Alert, List } from "@mantine/core";
import type { Isolation } from "../api/types";
import { useI18n } from "../i18n/context";

/** Says loudly where this machine cannot keep servers apart; silent where it can. */
export function IsolationNotice({ isolation }: { isolation: Isolation | undefined }) {
  const { t } = useI18n();
  if (isolation === undefined || isolation.level === "full") return null;
  return (
    <Alert color={isolation.level === "none" ? "claret" : "brass"} title={t(`isolation.${isolation.level}`)} role="note">
      <List size="sm" spacing={4}>
        {isolation.notices.map((notice) => (
          <List.Item key={notice}>{notice}</List.Item>
        ))}
      </List>
    </Alert>
  );
}
