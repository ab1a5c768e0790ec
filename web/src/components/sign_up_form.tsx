import { Button, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useOptions } from "../api/courses";
import { ApiError } from "../api/error";
import { useSignUp } from "../api/participants";
import { useI18n } from "../i18n/context";
import { checkEmail, checkPassword, checkUsername, type Problem } from "../lib/validate";
import { ErrorNotice } from "./error_notice";
import { PasswordField, UsernameField } from "./fields";
import { PasswordStrength } from "./password_strength";

/** An account for somebody new; afterwards they are logged in and may apply. */
export function SignUpForm({ code }: { code: string }) {
  const { t } = useI18n();
  const options = useOptions();
  const signUp = useSignUp(code);
  const min = options.data?.limits.password.min ?? 10;
  const say = (problem: Problem | null) => problem && t(problem.key, problem.params);
  const form = useForm({
    initialValues: { username: "", display_name: "", email: "", password: "" },
    validateInputOnBlur: true,
    validate: {
      username: (name) => say(checkUsername(name.trim())),
      email: (email) => say(checkEmail(email.trim())),
      password: (password) => say(checkPassword(password, min)),
    },
  });
  const submit = form.onSubmit((values) => {
    const name = values.display_name.trim();
    const email = values.email.trim();
    signUp.mutate(
      {
        username: values.username.trim().toLowerCase(),
        password: values.password,
        ...(name === "" ? {} : { display_name: name }),
        ...(email === "" ? {} : { email }),
      },
      {
        onError: (error) => {
          if (error instanceof ApiError && error.field !== null) form.setFieldError(error.field, error.detail);
        },
      },
    );
  });
  const placed = Object.keys(form.errors).length > 0;
  return (
    <form noValidate onSubmit={submit}>
      <Stack>
        <UsernameField
          description={t("field.usernameHint")}
          autoComplete="username"
          data-testid="signup-username"
          {...form.getInputProps("username")}
        />
        <TextInput label={t("field.displayNameOptional")} autoComplete="name" {...form.getInputProps("display_name")} />
        <TextInput label={t("field.emailOptional")} type="email" autoComplete="email" {...form.getInputProps("email")} />
        <PasswordField
          label={t("field.password")}
          description={t("field.passwordHint", { min })}
          autoComplete="new-password"
          required
          data-testid="signup-password"
          {...form.getInputProps("password")}
        />
        <PasswordStrength password={form.values.password} known={[form.values.username, form.values.display_name, form.values.email]} />
        {!placed && <ErrorNotice error={signUp.error} />}
        <Button type="submit" loading={signUp.isPending} data-testid="signup-submit">
          {t("join.signUpButton")}
        </Button>
      </Stack>
    </form>
  );
}
