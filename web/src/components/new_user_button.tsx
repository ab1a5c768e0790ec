import { Button, Checkbox, Group, Modal, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useDisclosure } from "@mantine/hooks";
import { useCreateUser } from "../api/account";
import { useOptions } from "../api/courses";
import { ApiError } from "../api/error";
import type { Role } from "../api/types";
import { useI18n } from "../i18n/context";
import { checkPassword, checkUsername } from "../lib/validate";
import { ErrorNotice } from "./error_notice";
import { PasswordField, UsernameField } from "./fields";

export function NewUserButton() {
  const { t } = useI18n();
  const [opened, dialog] = useDisclosure(false);
  return (
    <>
      <Button variant="light" size="compact-md" onClick={dialog.open} data-testid="new-user">
        {t("newUser.open")}
      </Button>
      <Modal opened={opened} onClose={dialog.close} title={<Text fw={600}>{t("newUser.title")}</Text>} closeButtonProps={{ "aria-label": t("action.close") }}>
        <NewUserForm onDone={dialog.close} />
      </Modal>
    </>
  );
}

function NewUserForm({ onDone }: { onDone: () => void }) {
  const { t } = useI18n();
  const options = useOptions();
  const create = useCreateUser();
  const min = options.data?.limits.password.min ?? 10;
  const form = useForm({
    initialValues: { username: "", display_name: "", password: "", leader: true, administrator: false },
    validateInputOnBlur: true,
    validate: {
      username: (name) => {
        const problem = checkUsername(name.trim());
        return problem && t(problem.key, problem.params);
      },
      password: (password) => {
        const problem = checkPassword(password, min);
        return problem && t(problem.key, problem.params);
      },
    },
  });
  const submit = form.onSubmit((values) => {
    const roles: Role[] = [
      ...(values.leader ? (["leader"] as const) : []),
      ...(values.administrator ? (["administrator"] as const) : []),
    ];
    create.mutate(
      {
        username: values.username.trim().toLowerCase(),
        password: values.password,
        roles,
        ...(values.display_name.trim() === "" ? {} : { display_name: values.display_name.trim() }),
      },
      {
        onSuccess: onDone,
        onError: (error) => {
          if (error instanceof ApiError && (error.field === "username" || error.field === "password")) {
            form.setFieldError(error.field, error.detail);
          }
        },
      },
    );
  });
  const placed = Object.keys(form.errors).length > 0;
  return (
    <form noValidate onSubmit={submit}>
      <Stack>
        <UsernameField data-autofocus {...form.getInputProps("username")} />
        <TextInput label={t("field.displayName")} {...form.getInputProps("display_name")} />
        <PasswordField
          label={t("field.password")}
          description={t("field.passwordHint", { min })}
          autoComplete="new-password"
          required
          {...form.getInputProps("password")}
        />
        <Group>
          <Checkbox label={t("role.leader")} {...form.getInputProps("leader", { type: "checkbox" })} />
          <Checkbox label={t("role.administrator")} {...form.getInputProps("administrator", { type: "checkbox" })} />
        </Group>
        {!placed && <ErrorNotice error={create.error} />}
        <Group justify="flex-end">
          <Button type="submit" loading={create.isPending}>
            {t("newUser.submit")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
