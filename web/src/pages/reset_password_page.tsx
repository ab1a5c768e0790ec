import { Alert, Anchor, Button, Card, Stack } from "@mantine/core";
import { useForm } from "@mantine/form";
import { Link } from "react-router-dom";
import { useOptions } from "../api/courses";
import { ApiError } from "../api/error";
import { useResetPassword } from "../api/mail";
import { ErrorNotice } from "../components/error_notice";
import { PasswordField } from "../components/fields";
import { Page } from "../components/page";
import { PasswordStrength } from "../components/password_strength";
import { useI18n } from "../i18n/context";
import { useLinkToken } from "../lib/link_token";
import { checkPassword } from "../lib/validate";

/** A new password, by the link in a message. */
export default function ResetPasswordPage() {
  const { t } = useI18n();
  const token = useLinkToken();
  const options = useOptions();
  const reset = useResetPassword();
  const min = options.data?.limits.password.min ?? 10;
  const form = useForm({
    initialValues: { password: "" },
    validate: {
      password: (password) => {
        const problem = checkPassword(password, min);
        return problem && t(problem.key, problem.params);
      },
    },
  });
  const submit = form.onSubmit(({ password }) => {
    reset.mutate(
      { token, password },
      {
        onError: (error) => {
          if (error instanceof ApiError && error.field === "password") form.setFieldError("password", error.detail);
        },
      },
    );
  });
  const field = reset.error instanceof ApiError ? reset.error.field : null;
  if (reset.isSuccess)
    return (
      <Page title={t("mail.resetTitle")} size="xs">
        <Card p={{ base: "md", sm: "xl" }}>
          <Stack align="flex-start">
            <Alert color="lamp" role="status" data-testid="reset-done">
              {t("mail.resetDone")}
            </Alert>
            <Button component={Link} to="/login">
              {t("nav.login")}
            </Button>
          </Stack>
        </Card>
      </Page>
    );
  return (
    <Page title={t("mail.resetTitle")} size="xs" focusHeading={false} lead={t("mail.resetLead")}>
      <Card p={{ base: "md", sm: "xl" }}>
        {token === "" || field === "token" ? (
          <Stack align="flex-start">
            <Alert color="claret" role="alert" data-testid="reset-stale">
              {t("mail.stale")}
            </Alert>
            <Anchor component={Link} to="/forgot-password">
              {t("mail.again")}
            </Anchor>
          </Stack>
        ) : (
          <form noValidate onSubmit={submit}>
            <Stack>
              <PasswordField
                label={t("password.new")}
                description={t("field.passwordHint", { min })}
                autoComplete="new-password"
                required
                data-testid="reset-password"
                {...form.getInputProps("password")}
              />
              <PasswordStrength password={form.values.password} known={[]} />
              {field !== "password" && <ErrorNotice error={reset.error} />}
              <Button type="submit" loading={reset.isPending} data-testid="reset-submit">
                {t("mail.resetSubmit")}
              </Button>
            </Stack>
          </form>
        )}
      </Card>
    </Page>
  );
}
