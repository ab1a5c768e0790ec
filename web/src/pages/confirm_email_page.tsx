import { Alert, Button, Card, Stack } from "@mantine/core";
import { Link } from "react-router-dom";
import { ApiError } from "../api/error";
import { useConfirmEmail } from "../api/mail";
import { ErrorNotice } from "../components/error_notice";
import { Page } from "../components/page";
import { useI18n } from "../i18n/context";
import { useLinkToken } from "../lib/link_token";

/** Says that an address is one's own, by the link in a message; by a click, since programs open links, too. */
export default function ConfirmEmailPage() {
  const { t } = useI18n();
  const token = useLinkToken();
  const confirm = useConfirmEmail();
  const stale = token === "" || (confirm.error instanceof ApiError && confirm.error.field === "token");
  return (
    <Page title={t("mail.confirmTitle")} size="xs" lead={t("mail.confirmLead")}>
      <Card p={{ base: "md", sm: "xl" }}>
        <Stack align="flex-start">
          {confirm.isSuccess && (
            <Alert color="lamp" role="status" data-testid="email-confirmed">
              {t("mail.confirmDone", { address: confirm.data.address })}
            </Alert>
          )}
          {stale && (
            <Alert color="claret" role="alert" data-testid="email-stale">
              {t("mail.stale")}
            </Alert>
          )}
          {!stale && <ErrorNotice error={confirm.error} />}
          {!stale && !confirm.isSuccess && (
            <Button loading={confirm.isPending} onClick={() => confirm.mutate(token)} data-testid="email-confirm">
              {t("mail.confirmSubmit")}
            </Button>
          )}
          {(stale || confirm.isSuccess) && (
            <Button component={Link} to="/profile" variant="default">
              {t("mail.toProfile")}
            </Button>
          )}
        </Stack>
      </Card>
    </Page>
  );
}
