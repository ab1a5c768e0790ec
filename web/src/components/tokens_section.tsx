import { Stack } from "@mantine/core";
import { useState } from "react";
import { useDeleteToken, useTokens } from "../api/account";
import type { Me, Token } from "../api/types";
import { useI18n } from "../i18n/context";
import { ConfirmButton } from "./confirm_button";
import { NewTokenForm } from "./new_token_form";
import { PagedView } from "./query_view";
import { Section } from "./section";
import { MadeToken, TokenText } from "./token_parts";

/** Tokens for programs: made here, shown once, deleted here. */
export function TokensSection({ me }: { me: Me }) {
  const { t } = useI18n();
  const tokens = useTokens();
  const [created, setCreated] = useState<Token | null>(null);
  return (
    <Section title={t("tokens.title")} hint={t("tokens.hint")}>
      <Stack gap="lg">
        <NewTokenForm scopes={me.scopes} onCreated={setCreated} />
        {created !== null && <MadeToken note={created.note} token={created.token} />}
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
  return (
    <li className="carrel-row">
      <TokenText note={token.note} expiresAt={token.expires_at} usedAt={token.last_used_at ?? null} scopes={token.scopes} />
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
