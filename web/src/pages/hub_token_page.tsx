import { Button, Group, Radio, SimpleGrid, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import { useCourse } from "../api/courses";
import { useCreateHubToken, useHubTokens, useRevokeHubToken } from "../api/hub";
import type { HubToken } from "../api/hub_types";
import type { Me } from "../api/types";
import { ConfirmButton } from "../components/confirm_button";
import { ErrorNotice } from "../components/error_notice";
import { Page } from "../components/page";
import { Empty, Loading } from "../components/query_view";
import { Section } from "../components/section";
import { LifetimeField, MadeToken, TokenText, lifetimeSeconds, usualLifetime } from "../components/token_parts";
import { useI18n } from "../i18n/context";
import type { MessageKey } from "../i18n/messages";
import { useHub } from "../lib/hub_place";

/** What a token may do, in the few ways that people want; the API takes any scopes. */
const rights: Record<string, { label: MessageKey; scopes: string[] | null }> = {
  all: { label: "hub.rightsAll", scopes: null },
  servers: { label: "hub.rightsServers", scopes: ["servers!user", "read:users!user"] },
  access: { label: "hub.rightsAccess", scopes: ["access:servers!user", "read:users!user"] },
  read: { label: "hub.rightsRead", scopes: ["read:users!user"] },
};

/** Tokens of one hub: made here, shown once, revoked here. */
export default function HubTokenPage({ me }: { me: Me }) {
  const { t } = useI18n();
  const hub = useHub();
  const slug = hub?.slug ?? "";
  const course = useCourse(slug);
  const tokens = useHubTokens(slug, me.username);
  const [created, setCreated] = useState<HubToken | null>(null);
  return (
    <Page title={t("hub.tokensTitle")} size="md" lead={t("hub.tokensLead", { course: course.data?.name ?? slug })}>
      <Section title={t("hub.newToken")}>
        <Stack gap="lg">
          <NewHubToken slug={slug} username={me.username} onCreated={setCreated} />
          {created !== null && <MadeToken note={created.note} token={created.token} />}
        </Stack>
      </Section>
      <Section title={t("hub.yourTokens")}>
        {tokens.isPending && <Loading />}
        <ErrorNotice error={tokens.error} />
        {tokens.data?.length === 0 && <Empty>{t("hub.tokensEmpty")}</Empty>}
        <ul className="carrel-list">
          {(tokens.data ?? []).map((token) => (
            <TokenRow key={token.id} slug={slug} username={me.username} token={token} onRevoked={() => setCreated((shown) => (shown?.id === token.id ? null : shown))} />
          ))}
        </ul>
      </Section>
    </Page>
  );
}

function NewHubToken({ slug, username, onCreated }: { slug: string; username: string; onCreated: (token: HubToken) => void }) {
  const { t } = useI18n();
  const create = useCreateHubToken(slug, username);
  const form = useForm({
    initialValues: { note: "", lifetime: usualLifetime, rights: "all" },
    validate: { note: (note) => (note.trim() === "" ? t("invalid.required") : null) },
  });
  const submit = form.onSubmit((values) => {
    const scopes = rights[values.rights]?.scopes ?? null;
    const lifetime = lifetimeSeconds(values.lifetime);
    create.mutate(
      {
        note: values.note.trim(),
        ...(lifetime === null ? {} : { expires_in: lifetime }),
        ...(scopes === null ? {} : { scopes }),
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
          <TextInput label={t("tokens.note")} placeholder={t("tokens.notePlaceholder")} required data-testid="token-note" {...form.getInputProps("note")} />
          <LifetimeField {...form.getInputProps("lifetime")} />
        </SimpleGrid>
        <Radio.Group label={t("hub.rights")} {...form.getInputProps("rights")}>
          <Stack gap={6} mt={6}>
            {Object.entries(rights).map(([key, { label }]) => (
              <Radio key={key} value={key} label={t(label)} />
            ))}
          </Stack>
        </Radio.Group>
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

function TokenRow({ slug, username, token, onRevoked }: { slug: string; username: string; token: HubToken; onRevoked: () => void }) {
  const { t } = useI18n();
  const revoke = useRevokeHubToken(slug, username);
  return (
    <li className="carrel-row" data-testid={`hub-token-${token.id}`}>
      <TokenText note={token.note} expiresAt={token.expires_at} usedAt={token.last_activity} scopes={token.scopes} />
      <ConfirmButton
        label={t("hub.revoke")}
        title={t("hub.revokeTitle")}
        text={t("hub.revokeText")}
        variant="subtle"
        color="claret"
        size="compact-sm"
        onConfirm={async () => {
          await revoke.mutateAsync(token.id);
          onRevoked();
        }}
      />
    </li>
  );
}
