import { Button, Card, Group, Stack, Text } from "@mantine/core";
import { Link } from "react-router-dom";
import type { Course } from "../api/types";
import { useI18n } from "../i18n/context";
import { ApplicationBadge, CourseStateBadge } from "./course_state";
import { Period } from "./when";

/** A course in a list. The whole card leads to where this person will want to go. */
export function CourseCard({ course, manage = false }: { course: Course; manage?: boolean }) {
  const { t, tn } = useI18n();
  const hub = `/courses/${course.slug}`;
  const manageable = manage || course.me.leader;
  return (
    <Card component="article" className="carrel-card" p="md">
      <Stack gap={6} h="100%">
        <Group justify="space-between" align="flex-start" wrap="nowrap" gap="sm">
          <Link to={manageable ? `${hub}/manage` : hub} className="carrel-card-link">
            {course.name}
          </Link>
          <CourseStateBadge state={course.state} />
        </Group>
        <Text size="sm" c="dimmed">
          <Period from={course.starts_at} to={course.ends_at} />
        </Text>
        {course.me.participant !== null && course.me.participant !== "accepted" && (
          <div>
            <ApplicationBadge state={course.me.participant} />
          </div>
        )}
        {manageable && (
          <Text size="sm">
            {tn("count.participants", course.participants.accepted)}
            {course.participants.pending > 0 && (
              <Text span fw={600} c="var(--mantine-color-brass-light-color)">
                {" · "}
                {tn("count.waiting", course.participants.pending)}
              </Text>
            )}
          </Text>
        )}
        {manageable && course.me.may.includes("enter") && course.state === "deployed" && (
          <Group mt="auto" pt="xs">
            <Button component={Link} to={hub} size="compact-sm" variant="light" className="carrel-above">
              {t("course.toHub")}
            </Button>
          </Group>
        )}
      </Stack>
    </Card>
  );
}
