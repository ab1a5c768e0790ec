import type { ReactNode } from "react";
import { useOptions } from "../api/courses";
import type { Course } from "../api/types";
import { useI18n } from "../i18n/context";
import { formatNumber } from "../lib/format";
import { When } from "./when";

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** What was asked for: when, for whom, how much. */
export function CourseFacts({ course }: { course: Course }) {
  const { t, locale } = useI18n();
  const options = useOptions();
  const environment = options.data?.environments.find((one) => one.name === course.environment);
  const { cpu, memory_gib: memory, storage_gib: storage } = course.resources;
  return (
    <dl className="carrel-facts">
      <Fact name={t("fact.starts")}>
        <When at={course.starts_at} />
      </Fact>
      <Fact name={t("fact.ends")}>{course.ends_at === null ? t("course.noEnd") : <When at={course.ends_at} />}</Fact>
      <Fact name={t("fact.leaders")}>{course.leaders.join(", ")}</Fact>
      <Fact name={t("fact.environment")}>{environment?.title ?? course.environment}</Fact>
      {course.image && <Fact name={t("fact.image")}>{course.image}</Fact>}
      <Fact name={t("fact.folder")}>{t(course.shared_folder ? "fact.folderShared" : "fact.folderMaterials")}</Fact>
      <Fact name={t("fact.expected")}>{formatNumber(course.expected_participants, locale)}</Fact>
      <Fact name={t("fact.each")}>
        {t("fact.eachValue", {
          cpu: formatNumber(cpu, locale, 2),
          memory: formatNumber(memory, locale, 2),
          storage: formatNumber(storage, locale, 2),
        })}
      </Fact>
    </dl>
  );
}
