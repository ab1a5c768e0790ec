import { useTimeline } from "../api/timeline";
import { useI18n } from "../i18n/context";
import { ErrorNotice } from "./error_notice";
import { Empty, Loading } from "./query_view";
import { Section } from "./section";
import { Timeline } from "./timeline";

/** A course's timeline, growing as things happen. */
export function LiveTimeline({ slug }: { slug: string }) {
  const { t } = useI18n();
  const { events, error, retry } = useTimeline(slug);
  return (
    <Section title={t("timeline.title")} hint={t("timeline.live")}>
      <ErrorNotice error={error} retry={retry} />
      {events === undefined && error === null && <Loading />}
      {events?.length === 0 && <Empty>{t("timeline.empty")}</Empty>}
      {events !== undefined && events.length > 0 && <Timeline events={events} label={t("timeline.title")} />}
    </Section>
  );
}
