import { Alert, Anchor, Button, Card, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { Link } from "react-router-dom";
import { useAskForReset } from "../api/mail";
import { ErrorNotice } from "../components/error_notice";
import { Page } from "../components/page";
import { useI18n } from "../i18n/context";

/** Asks for a link to a new password. */
export default function ForgotPasswordPage() {
  const { t } = useI18n();
  const ask = useAskForReset();
  const form = useForm({
    initialValues: { account: "" },
    validate: { account: (account) => (account.trim() === "" ? t("invalid.required") : null) },
  });
  return (
    <Page title={t("mail.forgotTitle")} size="xs" focusHeading={false} lead={t("mail.forgotLead")}>
      <Card p={{ base: "md", sm: "xl" }}>
        {ask.isSuccess ? (
          <Alert color="lamp" role="status" data-testid="reset-asked">
            {t("mail.forgotDone")}
          </Alert>
        ) : (
          <form noValidate onSubmit={form.onSubmit(({ account }) => ask.mutate(account.trim()))}>
            <Stack>
              <TextInput
                label={t("mail.account")}
                // Whoever comes here comes to type it.
                // eslint-disable-next-line jsx-a11y/no-autofocus
                autoFocus
                required
                autoComplete="username"
                autoCapitalize="none"
                spellCheck={false}
                maxLength={254}
                data-testid="reset-account"
                {...form.getInputProps("account")}
              />
              <ErrorNotice error={ask.error} />
              <Button type="submit" loading={ask.isPending} data-testid="reset-ask">
                {t("mail.forgotSubmit")}
              </Button>
            </Stack>
          </form>
        )}
        <Anchor component={Link} to="/login" size="sm" mt="md" display="inline-block">
          {t("mail.toLogin")}
        </Anchor>
      </Card>
    </Page>
  );
}
