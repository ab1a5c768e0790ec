import { Button, Group, Stack, Text } from "@mantine/core";
import { Link } from "react-router-dom";
import { asSentence } from "../api/error";
import { useCourseAction, useCourses } from "../api/courses";
import type { Course, Me } from "../api/types";
import { RedeployCourse, RejectCourse } from "../components/course_actions";
import { CourseFacts } from "../components/course_facts";
import { ErrorNotice } from "../components/error_notice";
import { Page } from "../components/page";
import { PagedView } from "../components/query_view";
import { Section } from "../components/section";
import { When } from "../components/when";
import { useI18n } from "../i18n/context";
import { formatNumber } from "../lib/format";

/** What waits for a decision, and what went wrong. */
export default function GovernancePage({ me }: { me: Me }) {
  const { t } = useI18n();
  const pending = useCourses({ state: "pending" }, { refetchInterval: 10_000 });
  const failed = useCourses({ state: "failed" }, { refetchInterval: 10_000 });
  return (
    <Page title={t("governance.title")} lead={t("governance.lead")} size="md">
      <PagedView query={pending} empty={<Section title={t("governance.none")}>{t("governance.noneText")}</Section>}>
        {(courses) => (
          <Stack gap="lg">
            {courses.map((course) => (
              <Request key={course.slug} course={course} me={me} />
            ))}
          </Stack>
        )}
      </PagedView>
      <Section title={t("governance.failed")}>
        <PagedView query={failed} empty={t("governance.noFailed")}>
          {(courses) => (
            <ul className="carrel-list">
              {courses.map((course) => (
                <Failed key={course.slug} course={course} />
              ))}
            </ul>
          )}
        </PagedView>
      </Section>
    </Page>
  );
}

function Request({ course, me }: { course: Course; me: Me }) {
  const { t } = useI18n();
  const act = useCourseAction(course.slug);
  const mayDecide = course.me.may.includes("accept") || course.me.may.includes("reject");
  return (
    <Section
      title={course.name}
      hint={
        <>
          {course.slug} · {t("governance.requestedBy", { name: course.requested_by })} <When at={course.created_at} relative />
        </>
      }
    >
      <Stack gap="md">
        {course.description !== "" && <Text style={{ whiteSpace: "pre-line" }}>{course.description}</Text>}
        <CourseFacts course={course} />
        <Total course={course} />
        <ErrorNotice error={act.error} />
        <Group>
          {course.me.may.includes("accept") && (
            <Button loading={act.isPending} onClick={() => act.mutate({ action: "accept" })} data-testid={`accept-${course.slug}`}>
              {t("action.accept")}
            </Button>
          )}
          {course.me.may.includes("reject") && <RejectCourse course={course} />}
          {!mayDecide && (
            <Text c="dimmed" size="sm">
              {t(course.requested_by === me.username ? "governance.own" : "governance.notYou")}
            </Text>
          )}
        </Group>
      </Stack>
    </Section>
  );
}

function Total({ course }: { course: Course }) {
  const { t, tn, locale } = useI18n();
  const people = course.expected_participants;
  const { cpu, memory_gib: memory, storage_gib: storage } = course.resources;
  const total = (each: number) => formatNumber(each * people, locale);
  return (
    <Text size="sm">
      <strong>{tn("request.total", people)}</strong>{" "}
      {t("fact.eachValue", { cpu: total(cpu), memory: total(memory), storage: total(storage) })}
    </Text>
  );
}

function Failed({ course }: { course: Course }) {
  return (
    <li className="carrel-row">
      <div className="carrel-grow">
        <Text component={Link} to={`/courses/${course.slug}/manage`} fw={600}>
          {course.name}
        </Text>
        <Text size="sm" c="dimmed" style={{ whiteSpace: "pre-line" }}>
          {asSentence(course.reason ?? course.deployment?.message ?? "")}
        </Text>
        <Text size="sm" c="dimmed">
          <When at={course.state_since} />
        </Text>
      </div>
      {course.me.may.includes("redeploy") && <RedeployCourse course={course} />}
    </li>
  );
}
