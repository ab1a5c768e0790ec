import { Alert, Button, Grid, Group, Stack, Text } from "@mantine/core";
import { Link, useParams } from "react-router-dom";
import { useCourse, useOptions } from "../api/courses";
import { asSentence, isStatus } from "../api/error";
import type { Course } from "../api/types";
import { CourseActions } from "../components/course_actions";
import { CourseFacts } from "../components/course_facts";
import { CourseStateBadge } from "../components/course_state";
import { PageError } from "../components/error_notice";
import { ExportsSection } from "../components/exports_section";
import { InvitationSection } from "../components/invitation_section";
import { IsolationNotice } from "../components/isolation_notice";
import { Page } from "../components/page";
import { Applications, Participants, Rejected } from "../components/participant_lists";
import { Loading } from "../components/query_view";
import { Section } from "../components/section";
import { LiveTimeline } from "../components/live_timeline";
import { useI18n } from "../i18n/context";
import { NotFoundPage } from "./not_found_page";

/** A course as its leader sees it: who wants in, who is in, what is happening. */
export default function ManageCoursePage() {
  const { slug = "" } = useParams();
  const course = useCourse(slug);
  if (isStatus(course.error, 404)) return <NotFoundPage />;
  if (course.data === undefined) {
    return course.isError ? <PageError error={course.error} retry={() => void course.refetch()} /> : <Loading />;
  }
  if (!course.data.me.may.includes("manage")) return <NotFoundPage />;
  return <Manage key={slug} course={course.data} />;
}

function Manage({ course }: { course: Course }) {
  const { t } = useI18n();
  const options = useOptions();
  const { may } = course.me;
  return (
    <Page
      title={course.name}
      lead={course.slug}
      aside={
        <Group gap="sm">
          <CourseStateBadge state={course.state} />
          {may.includes("enter") && course.state === "deployed" && (
            <Button component={Link} to={`/courses/${course.slug}`} size="compact-md">
              {t("course.toHub")}
            </Button>
          )}
        </Group>
      }
    >
      <StateNotice course={course} />
      <Grid gutter="lg">
        <Grid.Col span={{ base: 12, md: 7 }}>
          <Stack gap="lg">
            {may.includes("invite") && <InvitationSection slug={course.slug} />}
            <Applications course={course} />
            <Participants course={course} />
            <Rejected course={course} />
            {may.includes("export") && <ExportsSection course={course} />}
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 5 }}>
          <Stack gap="lg">
            <Section title={t("course.about")}>
              <CourseFacts course={course} />
              <CourseActions course={course} />
            </Section>
            <LiveTimeline slug={course.slug} />
            <IsolationNotice isolation={options.data?.isolation} />
          </Stack>
        </Grid.Col>
      </Grid>
    </Page>
  );
}

function StateNotice({ course }: { course: Course }) {
  const { t } = useI18n();
  const bad = course.state === "failed" || course.state === "rejected";
  const message = course.reason ?? (bad ? (course.deployment?.message ?? null) : null);
  return (
    <Alert color={bad ? "claret" : "lamp"} role="status" variant="light">
      <Text>{t(`state.${course.state}Leader`)}</Text>
      {course.wanted !== null && <Text mt={4}>{t(`wanted.${course.wanted}`)}</Text>}
      {message !== null && (
        <Text mt={4} size="sm" style={{ whiteSpace: "pre-line" }}>
          {t("course.reason", { reason: asSentence(message) })}
        </Text>
      )}
    </Alert>
  );
}
