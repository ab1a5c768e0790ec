import { useI18n } from "../i18n/context";
import { formatDateTime, formatRelative } from "../lib/format";

/** A point in time, in the reader's zone, with the zone named. */
export function When({ at, relative = false }: { at: string; relative?: boolean }) {
  const { locale } = useI18n();
  const full = formatDateTime(at, locale);
  return (
    <time dateTime={at} title={full}>
      {relative ? formatRelative(at, locale) : full}
    </time>
  );
}

/** From when to when; a standing hub has no end. */
export function Period({ from, to }: { from: string; to: string | null }) {
  const { t } = useI18n();
  return (
    <>
      <When at={from} />
      {" – "}
      {to === null ? t("course.noEnd") : <When at={to} />}
    </>
  );
}
