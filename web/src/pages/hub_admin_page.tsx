import { Badge, Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { useCourse } from "../api/courses";
import { useHubUsers, useServerAction } from "../api/hub";
import type { HubServer, HubUser } from "../api/hub_types";
import { ConfirmButton } from "../components/confirm_button";
import { ErrorNotice } from "../components/error_notice";
import { Page } from "../components/page";
import { Empty, Loading } from "../components/query_view";
import { Section } from "../components/section";
import { When } from "../components/when";
import { useI18n } from "../i18n/context";
import { useHub, type HubPlace } from "../lib/hub_place";

/** A hub's people and their servers, for those who administer it. */
export default function HubAdminPage() {
  const { t } = useI18n();
  const hub = useHub();
  const [filter, setFilter] = useState("");
  const slug = hub?.slug ?? "";
  const course = useCourse(slug);
  const users = useHubUsers(slug, filter.trim().toLowerCase());
  if (hub === null) return null;
  const items = users.items ?? [];
  return (
    <Page title={course.data === undefined ? t("hub.adminTitle") : `${course.data.name}: ${t("hub.adminTitle")}`} lead={t("hub.adminLead")}>
      <Section title={t("hub.people")}>
        <Stack gap="sm">
          <TextInput label={t("hub.search")} value={filter} onChange={(event) => setFilter(event.currentTarget.value)} maw={320} data-testid="find-person" />
          <ErrorNotice error={users.error} />
          {users.isPending && <Loading />}
          {!users.isPending && items.length === 0 && <Empty>{t("hub.peopleEmpty")}</Empty>}
          <ul className="carrel-list">
            {items.map((user) => (
              <UserRow key={user.name} hub={hub} user={user} />
            ))}
          </ul>
          {users.hasNextPage && (
            <Button variant="subtle" loading={users.isFetchingNextPage} onClick={() => void users.fetchNextPage()}>
              {t("action.more")}
            </Button>
          )}
        </Stack>
      </Section>
    </Page>
  );
}

const none: HubServer = { name: "", ready: false, pending: null, url: "", started: null, last_activity: null };

function UserRow({ hub, user }: { hub: HubPlace; user: HubUser }) {
  const { t } = useI18n();
  const act = useServerAction(hub.slug);
  const servers = Object.values(user.servers);
  if (!servers.some((server) => server.name === "")) servers.unshift(none);
  return (
    <li className="carrel-row" data-testid={`hub-user-${user.name}`}>
      <div className="carrel-grow">
        <Group gap="xs">
          <Text fw={600}>{user.name}</Text>
          {(user.roles ?? []).filter((role) => role !== "user").map((role) => (
            <Badge key={role} size="sm">
              {role}
            </Badge>
          ))}
        </Group>
        <Text size="sm" c="dimmed" component="div">
          {user.last_activity == null ? (
            t("hub.neverActive")
          ) : (
            <>
              {t("server.lastActivity")} <When at={user.last_activity} relative />
            </>
          )}
        </Text>
        <ErrorNotice error={act.error} />
      </div>
      <Stack gap={6}>
        {servers.map((server) => (
          <ServerLine
            key={server.name}
            hub={hub}
            user={user}
            server={server}
            busy={act.isPending && act.variables.server === server.name}
            start={() => act.mutate({ username: user.name, server: server.name, action: "start" })}
            stop={() => act.mutateAsync({ username: user.name, server: server.name, action: "stop" })}
          />
        ))}
      </Stack>
    </li>
  );
}

interface ServerLineProps {
  hub: HubPlace;
  user: HubUser;
  server: HubServer;
  busy: boolean;
  start: () => void;
  stop: () => Promise<unknown>;
}

function ServerLine({ hub, user, server, busy, start, stop }: ServerLineProps) {
  const { t } = useI18n();
  const runs = server.ready && server.pending === null;
  const state = server.pending === "spawn" ? "starting" : server.pending === "stop" ? "stopping" : runs ? "running" : "stopped";
  return (
    <Group gap="xs" justify="flex-end">
      {server.name !== "" && <Text size="sm">{server.name}</Text>}
      <Badge color={runs ? "lamp" : "gray"} data-testid={`server-state-${user.name}`}>
        {t(`serverState.${state}`)}
      </Badge>
      {runs && (
        <Button component="a" href={hub.serverPath(user.name, server.name)} size="compact-md" variant="default" aria-label={t("hub.openFor", { name: user.name })}>
          {t("hub.open")}
        </Button>
      )}
      {runs && (
        <ConfirmButton
          label={t("server.stop")}
          title={t("hub.stopFor", { name: user.name })}
          text={t("server.stopText")}
          variant="light"
          color="claret"
          size="compact-md"
          testId={`stop-${user.name}`}
          onConfirm={async () => {
            await stop();
          }}
        />
      )}
      {state === "stopped" && (
        <Button size="compact-md" variant="light" loading={busy} onClick={start} aria-label={t("hub.startFor", { name: user.name })} data-testid={`start-${user.name}`}>
          {t("hub.start")}
        </Button>
      )}
    </Group>
  );
}
