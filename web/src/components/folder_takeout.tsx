import { Button, Text } from "@mantine/core";
import { folderPath } from "../api/courses";
import type { Course } from "../api/types";
import { useI18n } from "../i18n/context";
import { formatBytes } from "../lib/format";

/** What was in the course folder when the course ended, for all who were in it. */
export function FolderTakeout({ course }: { course: Course }) {
  const { t, locale } = useI18n();
  const archive = course.folder_export;
  if (archive == null) return null;
  return (
    <div>
      <Text mb="xs">{t("takeout.folder")}</Text>
      <Button
        component="a"
        href={folderPath(course.slug)}
        download
        variant="light"
        title={archive.sha256}
        data-testid="folder-takeout"
      >
        {t("takeout.folderDownload", { size: formatBytes(archive.bytes, locale) })}
      </Button>
    </div>
  );
}
