import { Button, Group, Stack, Text } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useOptions } from "../api/courses";
import { ApiError } from "../api/error";
import { useChangePassword } from "../api/session";
import type { Me } from "../api/types";
import { useI18n } from "../i18n/context";
import { checkPassword } from "../lib/validate";
import { ErrorNotice } from "./error_notice";
import { PasswordField } from "./fields";
import { PasswordStrength } from "./password_strength";
import { Section } from "./section";

export function PasswordSection({ me }: { me: Me }) {
  const { t } = useI18n();
  const options = useOptions();
  const change = useChangePassword();
  const min = options.data?.limits.password.min ?? 10;
  const form = useForm({
    initialValues: { current: "", new: "" },
    validateInputOnBlur: ["new"],
    validate: {
      current: (current) => (current === "" ? t("invalid.required") : null),
      new: (password) => {
        const problem = checkPassword(password, min);
        return problem && t(problem.key, problem.params);
      },
    },
  });
  const submit = form.onSubmit((values) => {
    change.mutate(values, {
      onSuccess: () => form.reset(),
      onError: (error) => {
        if (!(error instanceof ApiError)) return;
        if (error.field === "current" || error.field === "new") form.setFieldError(error.field, error.detail);
      },
    });
  });
  const placed = Object.keys(form.errors).length > 0;
  return (
    <Section title={t("password.title")} hint={t("password.hint")}>
      <form noValidate onSubmit={submit}>
        <Stack>
          <PasswordField label={t("password.current")} autoComplete="current-password" {...form.getInputProps("current")} />
          <PasswordField
            label={t("password.new")}
            description={t("field.passwordHint", { min })}
            autoComplete="new-password"
            {...form.getInputProps("new")}
          />
          <PasswordStrength password={form.values.new} known={[me.username, me.display_name, me.email ?? ""]} />
          {!placed && <ErrorNotice error={change.error} />}
          <Group>
            <Button type="submit" loading={change.isPending}>
              {t("password.submit")}
            </Button>
            <Text role="status" size="sm">
              {change.isSuccess ? t("password.done") : ""}
            </Text>
          </Group>
        </Stack>
      </form>
    </Section>
  );
}
