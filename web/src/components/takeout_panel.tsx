import { Button, Stack, Text } from "@mantine/core";
import { takeoutPath } from "../api/courses";
import type { Course } from "../api/types";
import { useI18n } from "../i18n/context";
import { FolderTakeout } from "./folder_takeout";
import { Section } from "./section";

/** What a participant made, to take home once the course is over. */
export function TakeoutPanel({ course }: { course: Course }) {
  const { t } = useI18n();
  return (
    <Section title={t("takeout.title")}>
      <Stack gap="md">
        <Text>{t("takeout.text")}</Text>
        <div>
          <Button component="a" href={takeoutPath(course.slug)} download size="md" data-testid="takeout">
            {t("takeout.download")}
          </Button>
        </div>
        <FolderTakeout course={course} />
      </Stack>
    </Section>
  );
}
