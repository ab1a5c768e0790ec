import { Text } from "@mantine/core";
import { Link } from "react-router-dom";
import type { Course } from "../api/types";
import { useI18n } from "../i18n/context";
import { CourseStateBadge } from "./course_state";
import { Period } from "./when";

/** Many courses, one line each. */
export function CourseTable({ courses }: { courses: Course[] }) {
  const { tn } = useI18n();
  return (
    <ul className="carrel-list">
      {courses.map((course) => (
        <li key={course.slug} className="carrel-row">
          <div className="carrel-grow">
            <Text component={Link} to={`/courses/${course.slug}/manage`} fw={600}>
              {course.name}
            </Text>
            <Text size="sm" c="dimmed" component="div">
              {course.leaders.join(", ")} · {tn("count.participants", course.participants.accepted)} ·{" "}
              <Period from={course.starts_at} to={course.ends_at} />
            </Text>
          </div>
          <CourseStateBadge state={course.state} />
        </li>
      ))}
    </ul>
  );
}
