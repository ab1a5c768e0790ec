import { Alert, Badge, Group, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { useDeleteToken, useTokens } from "../api/account";
import type { Me, Token } from "../api/types";
import { useI18n } from "../i18n/context";
import { ConfirmButton } from "./confirm_button";
import { CopyField } from "./copy_field";
import { NewTokenForm } from "./new_token_form";
import { PagedView } from "./query_view";
import { Section } from "./section";
import { When } from "./when";

/** Tokens for programs: made here, shown once, deleted here. */
export function TokensSection({ me }: { me: Me }) {
  const { t } = useI18n();
  const tokens = useTokens();
  const [created, setCreated] = useState<Token | null>(null);
  return (
    <Section title={t("tokens.title")} hint={t("tokens.hint")}>
      <Stack gap="lg">
        <NewTokenForm scopes={me.scopes} onCreated={setCreated} />
        {created?.token !== undefined && (
          <Alert color="lamp" title={t("tokens.created")} role="status">
            <Stack gap="xs">
              <Text size="sm">{t("tokens.once")}</Text>
              <CopyField label={created.note} value={created.token} testId="new-token" />
            </Stack>
          </Alert>
        )}
        <PagedView query={tokens} empty={t("tokens.empty")}>
          {(items) => (
            <ul className="carrel-list">
              {items.map((token) => (
                <TokenRow key={token.id} token={token} onDeleted={() => setCreated((shown) => (shown?.id === token.id ? null : shown))} />
              ))}
            </ul>
          )}
        </PagedView>
      </Stack>
    </Section>
  );
}

function TokenRow({ token, onDeleted }: { token: Token; onDeleted: () => void }) {
  const { t } = useI18n();
  const remove = useDeleteToken();
  const used = token.last_used_at ?? null;
  return (
    <li className="carrel-row">
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
          {used === null ? (
            t("tokens.unused")
          ) : (
            <>
              {t("tokens.used")} <When at={used} relative />
            </>
          )}
        </Text>
        <Group gap={4} mt={4}>
          {token.scopes.map((scope) => (
            <Badge key={scope} size="sm" color="gray">
              {scope}
            </Badge>
          ))}
        </Group>
      </div>
      <ConfirmButton
        label={t("action.delete")}
        title={t("tokens.deleteTitle")}
        text={t("tokens.deleteText")}
        variant="subtle"
        color="claret"
        size="compact-sm"
        onConfirm={async () => {
          await remove.mutateAsync(token.id);
          onDeleted();
        }}
      />
    </li>
  );
}
