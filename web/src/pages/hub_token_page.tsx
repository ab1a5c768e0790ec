import { Alert, Badge, Button, Group, NativeSelect, Radio, SimpleGrid, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import { useCourse } from "../api/courses";
import { useCreateHubToken, useHubTokens, useRevokeHubToken } from "../api/hub";
import type { HubToken, Me } from "../api/types";
import { ConfirmButton } from "../components/confirm_button";
import { CopyField } from "../components/copy_field";
import { ErrorNotice } from "../components/error_notice";
import { Page } from "../components/page";
import { Empty, Loading } from "../components/query_view";
import { Section } from "../components/section";
import { When } from "../components/when";
import { useI18n } from "../i18n/context";
import type { MessageKey } from "../i18n/messages";
import { useHub } from "../lib/hub_place";

const day = 86_400;
const never = "never";

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
          {created?.token !== undefined && (
            <Alert color="lamp" title={t("tokens.created")} role="status">
              <Stack gap="xs">
                <Text size="sm">{t("tokens.once")}</Text>
                <CopyField label={created.note} value={created.token} testId="new-token" />
              </Stack>
            </Alert>
          )}
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
    initialValues: { note: "", lifetime: String(30 * day), rights: "all" },
    validate: { note: (note) => (note.trim() === "" ? t("invalid.required") : null) },
  });
  const submit = form.onSubmit((values) => {
    const scopes = rights[values.rights]?.scopes ?? null;
    create.mutate(
      {
        note: values.note.trim(),
        ...(values.lifetime === never ? {} : { expires_in: Number(values.lifetime) }),
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
          <NativeSelect
            label={t("tokens.lifetime")}
            {...form.getInputProps("lifetime")}
            data={[
              { value: String(day), label: t("tokens.day") },
              { value: String(30 * day), label: t("tokens.month") },
              { value: String(365 * day), label: t("tokens.year") },
              { value: never, label: t("tokens.never") },
            ]}
          />
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
  const shown = token.scopes.slice(0, 4);
  return (
    <li className="carrel-row" data-testid={`hub-token-${token.id}`}>
      <div className="carrel-grow">
        <Text fw={600}>{token.note === "" ? t("tokens.noNote") : token.note}</Text>
        <Text size="sm" c="dimmed" component="div">
          {token.expires_at === null ? (
            t("tokens.noExpiry")
          ) : (
            <>
              {t("tokens.expires")} <When at={token.expires_at} />
            </>
          )}
          {" · "}
          {token.last_activity === null ? (
            t("tokens.unused")
          ) : (
            <>
              {t("tokens.used")} <When at={token.last_activity} relative />
            </>
          )}
        </Text>
        <Group gap={4} mt={4}>
          {shown.map((scope) => (
            <Badge key={scope} size="sm" color="gray">
              {scope}
            </Badge>
          ))}
          {token.scopes.length > shown.length && (
            <Badge size="sm" color="gray">
              +{token.scopes.length - shown.length}
            </Badge>
          )}
        </Group>
      </div>
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
