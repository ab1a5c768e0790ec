import { Button, Group, Stack } from "@mantine/core";
import { useCourseAction } from "../api/courses";
import type { Course } from "../api/types";
import { useI18n } from "../i18n/context";
import { ConfirmButton } from "./confirm_button";
import { ErrorNotice } from "./error_notice";

/** What may be done with the course now; nothing is shown that the server would refuse. */
export function CourseActions({ course }: { course: Course }) {
  const { t } = useI18n();
  const act = useCourseAction(course.slug);
  const { may } = course.me;
  const can = (action: string) => may.includes(action);
  if (!["accept", "reject", "deploy", "redeploy", "degrade", "cancel"].some(can)) return null;
  return (
    <Stack gap="sm" mt="md">
      <ErrorNotice error={act.error} />
      <Group gap="xs">
        {can("accept") && (
          <Button onClick={() => act.mutate({ action: "accept" })} data-testid={`accept-${course.slug}`}>
            {t("action.accept")}
          </Button>
        )}
        {can("reject") && <RejectCourse course={course} />}
        {can("deploy") && (
          <Button variant="light" onClick={() => act.mutate({ action: "deploy" })} data-testid="deploy">
            {t("action.deploy")}
          </Button>
        )}
        {can("redeploy") && <RedeployCourse course={course} />}
        {can("degrade") && (
          <ConfirmButton
            label={t("action.degrade")}
            title={t("degrade.title", { name: course.name })}
            text={t("degrade.text")}
            variant="light"
            color="claret"
            testId="degrade"
            onConfirm={() => act.mutateAsync({ action: "degrade" })}
          />
        )}
        {can("cancel") && (
          <ConfirmButton
            label={t("action.cancel")}
            title={t("cancel.title", { name: course.name })}
            text={t("cancel.text")}
            variant="light"
            color="claret"
            testId="cancel"
            onConfirm={() => act.mutateAsync({ action: "cancel" })}
          />
        )}
      </Group>
    </Stack>
  );
}

export function RejectCourse({ course }: { course: Course }) {
  const { t } = useI18n();
  const act = useCourseAction(course.slug);
  return (
    <ConfirmButton
      label={t("action.reject")}
      title={t("reject.title", { name: course.name })}
      text={t("reject.text")}
      reasonLabel={t("reject.reason")}
      variant="light"
      color="claret"
      testId={`reject-${course.slug}`}
      onConfirm={(reason) => act.mutateAsync({ action: "reject", reason })}
    />
  );
}

export function RedeployCourse({ course }: { course: Course }) {
  const { t } = useI18n();
  const act = useCourseAction(course.slug);
  return (
    <>
      <Button loading={act.isPending} onClick={() => act.mutate({ action: "redeploy" })} data-testid={`redeploy-${course.slug}`}>
        {t("action.redeploy")}
      </Button>
      <ErrorNotice error={act.error} />
    </>
  );
}
