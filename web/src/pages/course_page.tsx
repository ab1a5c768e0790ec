import { Alert, Button, Group, Stack, Text } from "@mantine/core";
import { Link, useParams, useSearchParams } from "react-router-dom";
import { useCourse, useOptions } from "../api/courses";
import { asSentence, isStatus } from "../api/error";
import type { Course, Me } from "../api/types";
import { CourseFacts } from "../components/course_facts";
import { CourseStateBadge } from "../components/course_state";
import { PageError } from "../components/error_notice";
import { FolderTakeout } from "../components/folder_takeout";
import { IsolationNotice } from "../components/isolation_notice";
import { OtherServers } from "../components/other_servers";
import { Page } from "../components/page";
import { Loading } from "../components/query_view";
import { Section } from "../components/section";
import { SharedWithMe } from "../components/shared_with_me";
import { SharingSection } from "../components/sharing_section";
import { ServerPanel } from "../components/server_panel";
import { TakeoutPanel } from "../components/takeout_panel";
import { useI18n } from "../i18n/context";
import { localPath } from "../lib/next_path";
import { NotFoundPage } from "./not_found_page";

/** The hub page: where a participant starts the own server and, later, fetches the work done. */
export function CoursePage({ me }: { me: Me }) {
  const { slug = "" } = useParams();
  const course = useCourse(slug);
  if (isStatus(course.error, 404)) return <NotFoundPage />;
  if (course.data === undefined) {
    return course.isError ? <PageError error={course.error} retry={() => void course.refetch()} /> : <Loading />;
  }
  return <CourseHub key={slug} course={course.data} me={me} />;
}

function CourseHub({ course, me }: { course: Course; me: Me }) {
  const { t } = useI18n();
  const options = useOptions();
  const manages = course.me.may.includes("manage");
  return (
    <Page
      title={course.name}
      size="md"
      lead={course.description === "" ? undefined : <span style={{ whiteSpace: "pre-line" }}>{course.description}</span>}
      aside={
        <Group gap="sm">
          <CourseStateBadge state={course.state} />
          {manages && (
            <Button component={Link} to={`/courses/${course.slug}/manage`} variant="default" size="compact-md">
              {t("course.manage")}
            </Button>
          )}
        </Group>
      }
    >
      <Application course={course} />
      <Hub course={course} me={me} />
      <Section title={t("course.about")}>
        <CourseFacts course={course} />
      </Section>
      {course.state === "deployed" && <IsolationNotice isolation={options.data?.isolation} />}
    </Page>
  );
}

function Application({ course }: { course: Course }) {
  const { t } = useI18n();
  if (course.me.participant === "pending") {
    return (
      <Alert color="brass" role="status">
        {t("application.pendingText")}
      </Alert>
    );
  }
  if (course.me.participant === "rejected") {
    return (
      <Alert color="claret" role="status">
        {t("application.rejectedText")}
      </Alert>
    );
  }
  return null;
}

/** Into the server, and to the place in it that somebody wanted. */
function destination(course: Course, username: string, server: string, next: string | null): string {
  const own = `${course.hub_url ?? `/c/${course.slug}/`}user/${encodeURIComponent(username)}/`;
  // As JupyterHub writes it, which leaves the "@".
  const fallback = server === "" ? own : `${own}${encodeURIComponent(server).replace(/%40/g, "@")}/`;
  const wanted = localPath(next, fallback);
  return wanted.startsWith(own) ? wanted : fallback;
}

function Hub({ course, me }: { course: Course; me: Me }) {
  const { t } = useI18n();
  const [parameters] = useSearchParams();
  const asked = parameters.get("start");
  const server = parameters.get("server") ?? "";
  const goTo = asked === me.username ? destination(course, asked, server, parameters.get("next")) : null;
  const other = asked !== null && asked !== me.username && course.me.may.includes("manage") ? asked : null;

  if (course.state === "deployed") {
    return (
      <Stack gap="lg">
        {asked !== null && asked !== me.username && other === null && <Alert color="brass">{t("shared.notRunning", { name: asked })}</Alert>}
        {other !== null && <ServerPanel slug={course.slug} username={other} own={false} server={server} goTo={null} />}
        {course.me.may.includes("enter") && (
          <>
            <ServerPanel slug={course.slug} username={me.username} own goTo={server === "" ? goTo : null} />
            <SharedWithMe slug={course.slug} username={me.username} />
            <OtherServers slug={course.slug} username={me.username} goTo={goTo === null || server === "" ? null : { server, path: goTo }} />
            <SharingSection slug={course.slug} username={me.username} />
          </>
        )}
      </Stack>
    );
  }
  const attends = course.me.participant === "accepted";
  if (attends && course.me.may.includes("export")) return <TakeoutPanel course={course} />;
  return (
    <Section title={t("course.hub")}>
      <Text aria-live="polite">{t(`state.${course.state}Text`)}</Text>
      {course.state === "degraded" && attends && <Text mt="xs">{t("takeout.none")}</Text>}
      <FolderTakeout course={course} />
      {course.reason !== null && (
        <Text mt="xs" c="dimmed" style={{ whiteSpace: "pre-line" }}>
          {t("course.reason", { reason: asSentence(course.reason) })}
        </Text>
      )}
    </Section>
  );
}
