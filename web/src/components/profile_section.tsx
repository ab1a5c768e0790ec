import { Button, Group, NativeSelect, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import { ApiError } from "../api/error";
import { useFactors, wantsConfirmation } from "../api/factors";
import { useChangeProfile } from "../api/session";
import type { Language, Me } from "../api/types";
import { useI18n } from "../i18n/context";
import { checkEmail } from "../lib/validate";
import { ConfirmDialog } from "./confirm_dialog";
import { EmailState } from "./email_state";
import { ErrorNotice } from "./error_notice";
import { Section } from "./section";

/** Name, address, language. */
export function ProfileSection({ me }: { me: Me }) {
  const { t, language, setLanguage } = useI18n();
  const change = useChangeProfile();
  const email = me.email ?? "";
  // With another address the server sends a message to it.
  const [emailBefore] = useState(email);
  const form = useForm({
    initialValues: { display_name: me.display_name, email },
    validateInputOnBlur: true,
    validate: {
      email: (email) => {
        const problem = checkEmail(email.trim());
        return problem && t(problem.key);
      },
    },
  });
  const factors = useFactors();
  // Another address gets new passwords, so the server asks who is there.
  const [asking, setAsking] = useState(false);
  const send = (values: typeof form.values) => {
    change.mutate(
      { display_name: values.display_name.trim(), email: values.email.trim() },
      {
        onSuccess: () => form.resetDirty(),
        onError: (error) => {
          if (wantsConfirmation(error)) setAsking(true);
          else if (error instanceof ApiError && error.field !== null) form.setFieldError(error.field, error.detail);
        },
      },
    );
  };
  const placed = Object.keys(form.errors).length > 0;
  return (
    <Section title={t("profile.you")}>
      <form noValidate onSubmit={form.onSubmit(send)}>
        <Stack>
          <TextInput label={t("field.displayName")} autoComplete="name" {...form.getInputProps("display_name")} />
          <TextInput label={t("field.email")} type="email" autoComplete="email" {...form.getInputProps("email")} />
          <EmailState address={email} sent={email !== emailBefore} />
          <NativeSelect
            label={t("nav.language")}
            value={language}
            onChange={(event) => setLanguage(event.currentTarget.value as Language)}
            data={[
              { value: "en", label: "English" },
              { value: "de", label: "Deutsch" },
            ]}
          />
          {!placed && !wantsConfirmation(change.error) && <ErrorNotice error={change.error} />}
          <Group>
            <Button type="submit" loading={change.isPending} disabled={!form.isDirty()}>
              {t("action.save")}
            </Button>
            <Text role="status" size="sm">
              {change.isSuccess && !form.isDirty() ? t("profile.saved") : ""}
            </Text>
          </Group>
        </Stack>
      </form>
      <ConfirmDialog
        opened={asking}
        factors={factors.data?.factors ?? []}
        onClose={() => setAsking(false)}
        onConfirmed={() => {
          setAsking(false);
          send(form.values);
        }}
      />
    </Section>
  );
}
