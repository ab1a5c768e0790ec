import { Button, Card, Group, List, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { Link } from "react-router-dom";
import { useCourses } from "../api/courses";
import { useMe } from "../api/session";
import type { Course, Me } from "../api/types";
import { CourseCard } from "../components/course_card";
import { PageError } from "../components/error_notice";
import { Mark } from "../components/mark";
import { Page } from "../components/page";
import { PagedView } from "../components/query_view";
import { useI18n } from "../i18n/context";

export function HomePage() {
  const me = useMe();
  if (me.isError) return <PageError error={me.error} retry={() => void me.refetch()} />;
  return me.data == null ? <Welcome /> : <MyCourses me={me.data} />;
}

function Welcome() {
  const { t } = useI18n();
  return (
    <Page title={t("welcome.title")} size="md" lead={t("welcome.lead")}>
      <Group>
        <Button component={Link} to="/login" size="md">
          {t("nav.login")}
        </Button>
      </Group>
      <Card p={{ base: "md", sm: "xl" }}>
        <Group align="flex-start" gap="lg">
          <Mark size={56} />
          <div style={{ flex: "1 1 16rem" }}>
            <Title order={2} mb="xs">
              {t("welcome.howTitle")}
            </Title>
            <List type="ordered" spacing="xs">
              <List.Item>{t("welcome.step1")}</List.Item>
              <List.Item>{t("welcome.step2")}</List.Item>
              <List.Item>{t("welcome.step3")}</List.Item>
            </List>
          </div>
        </Group>
      </Card>
    </Page>
  );
}

function MyCourses({ me }: { me: Me }) {
  const { t } = useI18n();
  const courses = useCourses({ mine: "true" }, { refetchInterval: 15_000 });
  const leader = me.roles.includes("leader");
  return (
    <Page
      title={t("home.title")}
      lead={t("home.lead", { name: me.display_name || me.username })}
      aside={
        leader && (
          <Button component={Link} to="/courses/new">
            {t("nav.request")}
          </Button>
        )
      }
    >
      <PagedView query={courses} empty={<EmptyHome leader={leader} />}>
        {(items) => (
          <Stack gap="xl">
            <CourseGroup title={t("home.leading")} courses={items.filter((course) => course.me.leader)} />
            <CourseGroup title={t("home.takingPart")} courses={items.filter((course) => !course.me.leader)} />
          </Stack>
        )}
      </PagedView>
    </Page>
  );
}

function EmptyHome({ leader }: { leader: boolean }) {
  const { t } = useI18n();
  return (
    <Card p="xl">
      <Text>{t("home.empty")}</Text>
      <Text c="dimmed" mt="xs">
        {t(leader ? "home.emptyLeader" : "home.emptyParticipant")}
      </Text>
    </Card>
  );
}

function CourseGroup({ title, courses }: { title: string; courses: Course[] }) {
  if (courses.length === 0) return null;
  return (
    <section>
      <Title order={2} mb="sm">
        {title}
      </Title>
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        {courses.map((course) => (
          <CourseCard key={course.slug} course={course} />
        ))}
      </SimpleGrid>
    </section>
  );
}
