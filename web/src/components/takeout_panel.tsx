import { Button, Stack, Text } from "@mantine/core";
import { takeoutPath } from "../api/courses";
import { useI18n } from "../i18n/context";
import { Section } from "./section";

/** What a participant made, to take home once the course is over. */
export function TakeoutPanel({ slug }: { slug: string }) {
  const { t } = useI18n();
  return (
    <Section title={t("takeout.title")}>
      <Stack gap="md">
        <Text>{t("takeout.text")}</Text>
        <div>
          <Button component="a" href={takeoutPath(slug)} download size="md" data-testid="takeout">
            {t("takeout.download")}
          </Button>
        </div>
      </Stack>
    </Section>
  );
}
