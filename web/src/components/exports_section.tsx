import { Button, Text } from "@mantine/core";
import { takeoutPath, useExports } from "../api/courses";
import type { Course } from "../api/types";
import { useI18n } from "../i18n/context";
import { formatBytes } from "../lib/format";
import { FolderTakeout } from "./folder_takeout";
import { PagedView } from "./query_view";
import { Section } from "./section";
import { When } from "./when";

/** What was saved of each participant's home, and whether it was verified. */
export function ExportsSection({ course }: { course: Course }) {
  const { t, locale } = useI18n();
  const { slug } = course;
  const exports = useExports(slug, true);
  return (
    <Section title={t("exports.title")} hint={t("exports.hint")}>
      <PagedView query={exports} empty={t("exports.empty")}>
        {(items) => (
          <ul className="carrel-list">
            {items.map((one) => (
              <li key={`${one.username}-${one.created_at}`} className="carrel-row">
                <div className="carrel-grow">
                  <Text fw={600}>{one.username}</Text>
                  <Text size="sm" c="dimmed" component="div" title={one.sha256}>
                    {formatBytes(one.bytes, locale)}
                    {" · "}
                    {one.verified_at === null ? (
                      t("exports.unverified")
                    ) : (
                      <>
                        {t("exports.verified")} <When at={one.verified_at} relative />
                      </>
                    )}
                  </Text>
                </div>
                {one.verified_at !== null && (
                  <Button
                    component="a"
                    href={takeoutPath(slug, one.username)}
                    download
                    size="compact-md"
                    variant="light"
                    aria-label={t("exports.downloadOf", { name: one.username })}
                    data-testid={`takeout-${one.username}`}
                  >
                    {t("exports.download")}
                  </Button>
                )}
              </li>
            ))}
          </ul>
        )}
      </PagedView>
      <FolderTakeout course={course} />
    </Section>
  );
}
