import { FactorsSection } from "../components/factors_section";
import { Page } from "../components/page";
import { useI18n } from "../i18n/context";

/** For who has to have a second factor and has none: nothing else is open before. */
export default function SecondFactorPage() {
  const { t } = useI18n();
  return (
    <Page title={t("factors.neededTitle")} lead={t("factors.needed")} size="sm">
      <FactorsSection />
    </Page>
  );
}
