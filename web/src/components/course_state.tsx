import { Badge } from "@mantine/core";
import type { ApplicationState, CourseState } from "../api/types";
import { useI18n } from "../i18n/context";

const courseColors: Record<CourseState, string> = {
  pending: "brass",
  accepted: "lamp",
  deploying: "lamp",
  deployed: "lamp",
  degrading: "brass",
  degraded: "gray",
  rejected: "claret",
  canceled: "gray",
  failed: "claret",
};

export function CourseStateBadge({ state }: { state: CourseState }) {
  const { t } = useI18n();
  return (
    <Badge
      size="lg"
      color={courseColors[state]}
      variant={state === "deployed" ? "filled" : "light"}
      data-testid="course-state"
      data-state={state}
      style={{ flexShrink: 0 }}
    >
      {t(`state.${state}`)}
    </Badge>
  );
}

const applicationColors: Record<ApplicationState, string> = {
  pending: "brass",
  accepted: "lamp",
  rejected: "claret",
};

export function ApplicationBadge({ state }: { state: ApplicationState }) {
  const { t } = useI18n();
  return <Badge color={applicationColors[state]}>{t(`application.${state}`)}</Badge>;
}
