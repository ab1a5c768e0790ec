import { Alert, Button } from "@mantine/core";
import { useState } from "react";
import { useAudit, useOverview } from "../api/account";
import { useCourses } from "../api/courses";
import type { Me } from "../api/types";
import { CourseTable } from "../components/course_table";
import { ErrorNotice } from "../components/error_notice";
import { IsolationNotice } from "../components/isolation_notice";
import { OverviewNumbers } from "../components/overview_numbers";
import { Page } from "../components/page";
import { Loading, PagedView } from "../components/query_view";
import { RemovalsSection } from "../components/removals_section";
import { Section } from "../components/section";
import { Timeline } from "../components/timeline";
import { UsersSection } from "../components/users_section";
import { useI18n } from "../i18n/context";

export default function AdminPage({ me }: { me: Me }) {
  const { t } = useI18n();
  const overview = useOverview();
  const courses = useCourses({}, { refetchInterval: 15_000 });
  return (
    <Page title={t("admin.title")} lead={t("admin.lead")}>
      {overview.isPending && <Loading />}
      <ErrorNotice error={overview.error} retry={() => void overview.refetch()} />
      <IsolationNotice isolation={overview.data?.isolation} />
      {overview.data?.root_course != null && (
        <Alert color="brass" title={t("admin.rootCourseTitle")} role="note" data-testid="root-course-problem">
          {t(`admin.rootCourse.${overview.data.root_course.problem}`, { slug: overview.data.root_course.slug })}
        </Alert>
      )}
      {overview.data?.one_origin === true && (
        <Alert color="brass" title={t("admin.oneOriginTitle")} role="note">
          {t("admin.oneOriginText")}
        </Alert>
      )}
      {overview.data !== undefined && <OverviewNumbers overview={overview.data} />}
      <Section title={t("admin.courses")}>
        <PagedView query={courses} empty={t("admin.noCourses")}>
          {(items) => <CourseTable courses={items} />}
        </PagedView>
      </Section>
      <UsersSection me={me} />
      <RemovalsSection />
      <Audit />
    </Page>
  );
}

function Audit() {
  const { t } = useI18n();
  const [shown, setShown] = useState(false);
  const audit = useAudit(shown);
  return (
    <Section
      title={t("admin.audit")}
      hint={t("admin.auditHint")}
      aside={
        !shown && (
          <Button variant="light" size="compact-md" onClick={() => setShown(true)}>
            {t("action.show")}
          </Button>
        )
      }
    >
      {shown && (
        <PagedView query={audit} empty={t("timeline.empty")}>
          {(events) => <Timeline events={events} label={t("admin.audit")} />}
        </PagedView>
      )}
    </Section>
  );
}
