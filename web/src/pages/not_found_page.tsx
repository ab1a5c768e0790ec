import { Button, Text } from "@mantine/core";
import { Link } from "react-router-dom";
import { Page } from "../components/page";
import { useI18n } from "../i18n/context";

export function NotFoundPage() {
  const { t } = useI18n();
  return (
    <Page title={t("notFound.title")} size="sm">
      <Text>{t("notFound.text")}</Text>
      <div>
        <Button component={Link} to="/">
          {t("notFound.home")}
        </Button>
      </div>
    </Page>
  );
}
