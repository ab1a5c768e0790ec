import { Badge, Button, Group, Text } from "@mantine/core";
import { useParticipantAction, useParticipants } from "../api/participants";
import type { Course, Participant } from "../api/types";
import { useI18n } from "../i18n/context";
import { localPath } from "../lib/next_path";
import { ConfirmButton } from "./confirm_button";
import { ErrorNotice } from "./error_notice";
import { PagedView } from "./query_view";
import { Section } from "./section";
import { When } from "./when";

/** Who wants in. */
export function Applications({ course }: { course: Course }) {
  const { t } = useI18n();
  const pending = useParticipants(course.slug, "pending", { refetchInterval: 10_000 });
  const act = useParticipantAction(course.slug);
  const admits = course.me.may.includes("admit");
  return (
    <Section title={t("applications.title")}>
      <ErrorNotice error={act.error} />
      <PagedView query={pending} empty={t("applications.empty")}>
        {(people) => (
          <ul className="carrel-list">
            {people.map((person) => (
              <li key={person.username} className="carrel-row">
                <Person person={person}>
                  {t("applications.since")} <When at={person.applied_at} relative />
                </Person>
                {admits && (
                  <Group gap="xs">
                    <Button
                      size="compact-md"
                      onClick={() => act.mutate({ username: person.username, action: "accept" })}
                      aria-label={t("applications.accept", { name: person.username })}
                      data-testid={`accept-${person.username}`}
                    >
                      {t("action.accept")}
                    </Button>
                    <Button
                      size="compact-md"
                      variant="light"
                      color="claret"
                      onClick={() => act.mutate({ username: person.username, action: "reject" })}
                      aria-label={t("applications.reject", { name: person.username })}
                      data-testid={`reject-${person.username}`}
                    >
                      {t("action.reject")}
                    </Button>
                  </Group>
                )}
              </li>
            ))}
          </ul>
        )}
      </PagedView>
    </Section>
  );
}

/** Who was not let in, for a leader who thinks again; nothing while there is nobody. */
export function Rejected({ course }: { course: Course }) {
  const { t } = useI18n();
  const rejected = useParticipants(course.slug, "rejected");
  const act = useParticipantAction(course.slug);
  if ((rejected.items ?? []).length === 0) return null;
  return (
    <Section title={t("applications.rejected")}>
      <ErrorNotice error={act.error} />
      <PagedView query={rejected} empty="">
        {(people) => (
          <ul className="carrel-list">
            {people.map((person) => (
              <li key={person.username} className="carrel-row" data-testid={`rejected-${person.username}`}>
                <Person person={person}>
                  {person.decided_at !== null && <When at={person.decided_at} relative />}
                  {person.decided_by !== null && ` · ${person.decided_by}`}
                </Person>
                {course.me.may.includes("admit") && (
                  <Button
                    size="compact-md"
                    variant="light"
                    onClick={() => act.mutate({ username: person.username, action: "accept" })}
                    aria-label={t("applications.accept", { name: person.username })}
                    data-testid={`accept-${person.username}`}
                  >
                    {t("action.accept")}
                  </Button>
                )}
              </li>
            ))}
          </ul>
        )}
      </PagedView>
    </Section>
  );
}

/** Who is in, and how their servers are. */
export function Participants({ course }: { course: Course }) {
  const { t, tn } = useI18n();
  const accepted = useParticipants(course.slug, "accepted", { refetchInterval: 10_000 });
  const act = useParticipantAction(course.slug);
  const admits = course.me.may.includes("admit");
  return (
    <Section title={t("participants.title")} hint={tn("count.participants", course.participants.accepted)}>
      <PagedView query={accepted} empty={t("participants.empty")}>
        {(people) => (
          <ul className="carrel-list">
            {people.map((person) => (
              <li key={person.username} className="carrel-row" data-testid={`participant-${person.username}`}>
                <Person person={person}>
                  <ServerState person={person} />
                </Person>
                <Group gap="xs">
                  <Visit course={course} person={person} />
                  {admits && (
                    <ConfirmButton
                      label={t("participants.remove")}
                      title={t("participants.removeTitle", { name: person.username })}
                      text={t("participants.removeText")}
                      size="compact-sm"
                      variant="subtle"
                      color="claret"
                      testId={`remove-${person.username}`}
                      onConfirm={() => act.mutateAsync({ username: person.username, action: "remove" })}
                    />
                  )}
                </Group>
              </li>
            ))}
          </ul>
        )}
      </PagedView>
    </Section>
  );
}

function Person({ person, children }: { person: Participant; children: React.ReactNode }) {
  const name = person.display_name === "" ? person.username : person.display_name;
  return (
    <div className="carrel-grow">
      <Text fw={600}>
        {name}
        {name !== person.username && (
          <Text span c="dimmed" fw={400} size="sm">
            {" "}
            {person.username}
          </Text>
        )}
      </Text>
      <Text size="sm" c="dimmed" component="div">
        {person.email !== null && person.email !== "" && <>{person.email} · </>}
        {children}
      </Text>
    </div>
  );
}

function ServerState({ person }: { person: Participant }) {
  const { t } = useI18n();
  const { server } = person;
  if (server === null) return <>{t("participants.noServer")}</>;
  const running = server.state === "running";
  return (
    <>
      <Badge color={running ? "lamp" : "gray"} size="sm">
        {serverStateName(server.state, t)}
      </Badge>
      {server.last_activity !== null && (
        <>
          {" "}
          {t("server.lastActivity")} <When at={server.last_activity} relative />
        </>
      )}
    </>
  );
}

type Translate = ReturnType<typeof useI18n>["t"];

function serverStateName(state: string, t: Translate): string {
  switch (state) {
    case "running":
      return t("serverState.running");
    case "queued":
      return t("serverState.queued");
    case "starting":
      return t("serverState.starting");
    case "stopping":
      return t("serverState.stopping");
    case "failed":
      return t("serverState.failed");
    case "stopped":
      return t("serverState.stopped");
    default:
      return state;
  }
}

/** Those in charge may enter somebody else's running server; it is recorded. */
function Visit({ course, person }: { course: Course; person: Participant }) {
  const { t } = useI18n();
  const url = person.server?.state === "running" ? person.server.url : null;
  if (url === null || !course.me.may.includes("manage")) return null;
  return (
    <ConfirmButton
      label={t("participants.visit")}
      title={t("participants.visitTitle", { name: person.username })}
      text={t("participants.visitText")}
      size="compact-sm"
      variant="light"
      color="lamp"
      onConfirm={() => {
        window.location.assign(localPath(url));
        return Promise.resolve();
      }}
    />
  );
}
