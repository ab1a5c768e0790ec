import { Button, Checkbox, Group, SimpleGrid, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useCreateToken } from "../api/account";
import type { Token } from "../api/types";
import { useI18n } from "../i18n/context";
import type { MessageKey } from "../i18n/messages";
import { ErrorNotice } from "./error_notice";
import { LifetimeField, lifetimeSeconds, usualLifetime } from "./token_parts";

interface NewTokenFormProps {
  scopes: string[];
  onCreated: (token: Token) => void;
}

const scopeNames: Record<string, MessageKey> = {
  self: "scope.self",
  "courses:read": "scope.coursesRead",
  "courses:write": "scope.coursesWrite",
  "participants:write": "scope.participantsWrite",
  governance: "scope.governance",
  servers: "scope.servers",
  "access:servers": "scope.accessServers",
  "admin:users": "scope.adminUsers",
};

export function NewTokenForm({ scopes, onCreated }: NewTokenFormProps) {
  const { t } = useI18n();
  const create = useCreateToken();
  const form = useForm({
    initialValues: { note: "", lifetime: usualLifetime, scopes },
    validate: {
      note: (note) => (note.trim() === "" ? t("invalid.required") : null),
      scopes: (chosen) => (chosen.length === 0 ? t("invalid.scopes") : null),
    },
  });
  const submit = form.onSubmit((values) => {
    create.mutate(
      {
        note: values.note.trim(),
        expires_in: lifetimeSeconds(values.lifetime),
        scopes: values.scopes,
      },
      {
        onSuccess: (token) => {
          onCreated(token);
          form.reset();
        },
      },
    );
  });
  return (
    <form noValidate onSubmit={submit}>
      <Stack gap="sm">
        <SimpleGrid cols={{ base: 1, xs: 2 }}>
          <TextInput label={t("tokens.note")} placeholder={t("tokens.notePlaceholder")} required {...form.getInputProps("note")} />
          <LifetimeField {...form.getInputProps("lifetime")} />
        </SimpleGrid>
        <Checkbox.Group label={t("tokens.scopes")} {...form.getInputProps("scopes")}>
          <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="xs" verticalSpacing={6} mt={6}>
            {scopes.map((scope) => {
              const key = scopeNames[scope];
              return <Checkbox key={scope} value={scope} label={key === undefined ? scope : t(key)} description={scope} />;
            })}
          </SimpleGrid>
        </Checkbox.Group>
        <ErrorNotice error={create.error} />
        <Group>
          <Button type="submit" variant="light" loading={create.isPending} data-testid="create-token">
            {t("tokens.create")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
