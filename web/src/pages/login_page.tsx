import { Alert, Anchor, Button, Card, Stack } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useEffect, useState } from "react";
import { Link, useNavigate, useSearchParams } from "react-router-dom";
import { useOptions } from "../api/courses";
import { useWaitingStep } from "../api/factors";
import { useLogin, useMe } from "../api/session";
import type { SecondStep } from "../api/second_step";
import { isStatus } from "../api/error";
import { DirectoryHint, LoginError } from "../components/directory_notes";
import { Page } from "../components/page";
import { PasswordField, UsernameField } from "../components/fields";
import { LoginButtons } from "../components/login_buttons";
import { LoginProblem } from "../components/login_problem";
import { SecondStepForm } from "../components/second_step_form";
import { useI18n } from "../i18n/context";
import { invitationOf, isServerPath, localPath } from "../lib/next_path";

/** A directory may make accounts for those alone who come by an invitation. */
function withInvitation<Typed extends object>(typed: Typed, next: string) {
  const invitation = invitationOf(next);
  return invitation === null ? typed : { ...typed, invitation };
}

export function LoginPage() {
  const { t } = useI18n();
  const me = useMe();
  const login = useLogin();
  const navigate = useNavigate();
  const [parameters, setParameters] = useSearchParams();
  const next = localPath(parameters.get("next"));
  const form = useForm({ initialValues: { username: "", password: "" } });
  const loggedIn = me.data != null;
  // A log-in that began at a hub's own form goes on here, where a security key can be asked.
  const [begun, setBegun] = useState<SecondStep | null>(null);
  const elsewhere = useWaitingStep(parameters.get("step") === "factor" && begun === null && !loggedIn);
  const step = begun ?? elsewhere.data ?? null;
  const startAgain = () => {
    setBegun(null);
    form.setFieldValue("password", "");
    login.reset();
    setParameters(parameters.has("next") ? { next } : {}, { replace: true });
  };

  useEffect(() => {
    if (!loggedIn) return;
    if (isServerPath(next)) window.location.assign(next);
    else navigate(next, { replace: true });
  }, [loggedIn, next, navigate]);

  if (step !== null && !loggedIn)
    return (
      <Page title={t("step.title")} size="xs" focusHeading={false} lead={t("step.lead")}>
        <Card p={{ base: "md", sm: "xl" }}>
          <SecondStepForm step={step} onStartAgain={startAgain} />
        </Card>
      </Page>
    );
  return (
    <Page title={t("login.title")} size="xs" focusHeading={false} lead={parameters.has("next") ? t("login.needed") : t("login.lead")}>
      <Card p={{ base: "md", sm: "xl" }}>
        <LoginProblem />
        <form onSubmit={form.onSubmit((values) =>
            login.mutate(withInvitation(values, next), { onSuccess: (answer) => setBegun("second_step" in answer ? answer : null) }),
          )}>
          <Stack>
            <UsernameField
              // Whoever comes here comes to type a name.
              // eslint-disable-next-line jsx-a11y/no-autofocus
              autoFocus
              autoComplete="username" maxLength={254} data-testid="login-username" {...form.getInputProps("username")} />
            <PasswordField
              label={t("field.password")}
              autoComplete="current-password"
              required
              data-testid="login-password"
              {...form.getInputProps("password")}
            />
            <DirectoryHint />
            <ForgotPassword />
            {isStatus(login.error, 401) ? (
              <Alert color="claret" role="alert">
                {t("login.wrong")}
              </Alert>
            ) : (
              <LoginError error={login.error} />
            )}
            <Button type="submit" loading={login.isPending || loggedIn} data-testid="login-submit">
              {t("login.submit")}
            </Button>
          </Stack>
        </form>
        <LoginButtons next={next} />
      </Card>
    </Page>
  );
}

/** Only where mail can be sent. */
function ForgotPassword() {
  const { t } = useI18n();
  if (useOptions().data?.mail !== true) return null;
  return (
    <Anchor component={Link} to="/forgot-password" size="sm" data-testid="forgot-password">
      {t("mail.forgot")}
    </Anchor>
  );
}
