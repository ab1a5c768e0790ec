import { Badge, Group, Text } from "@mantine/core";
import { useEndSessions, useSessions, type Session } from "../api/sessions";
import { useI18n } from "../i18n/context";
import { browserName } from "../lib/browser_name";
import { ConfirmButton } from "./confirm_button";
import { PagedView } from "./query_view";
import { Section } from "./section";
import { When } from "./when";

/** Where one is logged in: each can be ended, and all but this one at once. */
export function SessionsSection() {
  const { t } = useI18n();
  const sessions = useSessions();
  const end = useEndSessions();
  const others = sessions.items?.filter((session) => !session.current).length ?? 0;
  return (
    <Section
      title={t("sessions.title")}
      hint={t("sessions.hint")}
      aside={
        others > 1 && (
          <ConfirmButton
            label={t("sessions.endOthers")}
            title={t("sessions.endOthersTitle")}
            text={t("sessions.endText")}
            variant="default"
            size="xs"
            testId="end-other-sessions"
            onConfirm={() => end.mutateAsync(null)}
          />
        )
      }
    >
      <PagedView query={sessions} empty={t("sessions.empty")}>
        {(items) => (
          <ul className="carrel-list">
            {items.map((session) => (
              <SessionRow key={session.id} session={session} onEnd={() => end.mutateAsync(session.id)} />
            ))}
          </ul>
        )}
      </PagedView>
    </Section>
  );
}

function SessionRow({ session, onEnd }: { session: Session; onEnd: () => Promise<unknown> }) {
  const { t } = useI18n();
  const { browser, system } = browserName(session.user_agent);
  const name =
    browser === null ? t("sessions.unknownBrowser") : system === null ? browser : t("sessions.browser", { browser, system });
  return (
    <li className="carrel-row" data-testid={session.current ? "this-session" : "other-session"}>
      <div className="carrel-grow">
        <Group gap="xs">
          <Text fw={600} title={session.user_agent ?? undefined}>
            {name}
          </Text>
          {session.current && <Badge size="sm">{t("sessions.this")}</Badge>}
        </Group>
        <Text size="sm" c="dimmed" component="div">
          {session.address !== null && `${t("sessions.from", { address: session.address })} · `}
          {t("sessions.begun")} <When at={session.created_at} />
          {" · "}
          {t("sessions.used")} <When at={session.last_used_at} relative />
        </Text>
      </div>
      {!session.current && (
        <ConfirmButton
          label={t("sessions.end")}
          title={t("sessions.endTitle")}
          text={t("sessions.endText")}
          variant="subtle"
          color="claret"
          size="compact-sm"
          onConfirm={onEnd}
        />
      )}
    </li>
  );
}
