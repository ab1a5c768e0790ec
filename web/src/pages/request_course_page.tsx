import { Loading } from "../components/query_view";
import { ErrorNotice } from "../components/error_notice";
import { Page } from "../components/page";
import { RequestForm } from "../components/request_form";
import { useOptions } from "../api/courses";
import { useI18n } from "../i18n/context";

export default function RequestCoursePage() {
  const { t } = useI18n();
  const options = useOptions();
  return (
    <Page title={t("request.title")} lead={t("request.lead")} size="md">
      {options.isPending && <Loading />}
      <ErrorNotice error={options.error} retry={() => void options.refetch()} />
      {options.data !== undefined && <RequestForm options={options.data} />}
    </Page>
  );
}
