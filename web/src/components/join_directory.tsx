import { Button, Modal, Stack, Text } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import { ApiError } from "../api/error";
import { useJoinLogin } from "../api/logins";
import { useI18n } from "../i18n/context";
import { LoginError } from "./directory_notes";
import { PasswordField, UsernameField } from "./fields";

/** Joins an account of a directory by its name and its password. */
export function JoinDirectory({ login, title }: { login: string; title: string }) {
  const { t } = useI18n();
  const join = useJoinLogin();
  const [opened, setOpened] = useState(false);
  const form = useForm({ initialValues: { username: "", password: "" } });
  const wrong = join.error instanceof ApiError && join.error.field === "password";
  return (
    <>
      <Button variant="default" size="compact-sm" onClick={() => setOpened(true)} data-testid={`join-login-${login}`}>
        {t("logins.join", { title })}
      </Button>
      <Modal
        opened={opened}
        onClose={() => setOpened(false)}
        title={<Text fw={600}>{t("logins.join", { title })}</Text>}
        closeButtonProps={{ "aria-label": t("action.close") }}
      >
        <form onSubmit={form.onSubmit((proof) => join.mutate({ login, proof }))}>
          <Stack>
            <Text size="sm">{t("logins.joinText", { title })}</Text>
            <UsernameField
              data-autofocus
              autoComplete="off"
              maxLength={254}
              data-testid="directory-username"
              {...form.getInputProps("username")}
            />
            <PasswordField
              label={t("field.password")}
              autoComplete="off"
              required
              data-testid="directory-password"
              {...form.getInputProps("password")}
              error={wrong ? t("login.wrong") : null}
            />
            {!wrong && <LoginError error={join.error} title={title} />}
            <Button type="submit" loading={join.isPending || join.isSuccess} data-testid="directory-join">
              {t("logins.join", { title })}
            </Button>
          </Stack>
        </form>
      </Modal>
    </>
  );
}
