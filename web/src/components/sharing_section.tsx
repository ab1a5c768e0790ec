import { Button, Collapse, Divider, Group, NativeSelect, Stack, Text, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useState, type SyntheticEvent } from "react";
import { useNamedServers } from "../api/named_servers";
import { useLetIn, useMakeLink, useMayShare, useShares, useTakeBack, useVisits, useWithdrawLink, type Share, type ShareCode } from "../api/sharing";
import { useI18n } from "../i18n/context";
import { ConfirmButton } from "./confirm_button";
import { CopyField } from "./copy_field";
import { ErrorNotice } from "./error_notice";
import { Section } from "./section";
import { When } from "./when";

interface Owned {
  slug: string;
  username: string;
}

/** Who may enter one's own servers, and who did. */
export function SharingSection(owned: Owned) {
  const { t } = useI18n();
  const may = useMayShare(owned.slug);
  const visits = useVisits(owned.slug, owned.username).data ?? [];
  if (!may && visits.length === 0) return null;
  return (
    <Section title={may ? t("share.title") : t("share.visits")} hint={may ? t("share.hint") : t("share.visitsHint")}>
      <Stack gap="md">
        {may && <LetIn {...owned} />}
        {may && <Given {...owned} />}
        {may && visits.length > 0 && (
          <>
            <Divider />
            <Text fw={600} size="sm">
              {t("share.visits")}
            </Text>
          </>
        )}
        {visits.length > 0 && (
          <Stack gap={4} component="ul" m={0} p={0} style={{ listStyle: "none", maxHeight: "14rem", overflowY: "auto" }} data-testid="visits">
            {visits.map((visit, index) => (
              <Text component="li" size="sm" key={index}>
                {visit.visitor}
                {visit.server !== "" && ` (${visit.server})`}{" "}
                <Text span c="dimmed">
                  <When at={visit.at} />
                </Text>
              </Text>
            ))}
          </Stack>
        )}
      </Stack>
    </Section>
  );
}

/** "The first one", or the name. */
function useTitle() {
  const { t } = useI18n();
  return (server: string) => (server === "" ? t("share.first") : server);
}

function LetIn({ slug, username }: Owned) {
  const { t } = useI18n();
  const title = useTitle();
  const [opened, form] = useDisclosure(false);
  const [server, setServer] = useState("");
  const [user, setUser] = useState("");
  const { names } = useNamedServers(slug, username);
  const letIn = useLetIn(slug, username);
  const link = useMakeLink(slug, username);
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    letIn.mutate({ server, user: user.trim().toLowerCase() }, { onSuccess: () => setUser("") });
  };
  if (!opened) {
    return (
      <div>
        <Button variant="light" size="compact-md" onClick={form.open} data-testid="let-in">
          {t("share.open")}
        </Button>
      </div>
    );
  }
  return (
    <Collapse in={opened}>
      <form onSubmit={submit}>
        <Stack gap="sm">
          <Text size="sm">{t("share.warning")}</Text>
          {(names.data ?? []).length > 0 && (
            <NativeSelect
              label={t("share.server")}
              value={server}
              onChange={(event) => setServer(event.currentTarget.value)}
              data={["", ...(names.data ?? [])].map((name) => ({ value: name, label: title(name) }))}
            />
          )}
          <Group align="flex-end" gap="sm">
            <TextInput
              label={t("share.user")}
              value={user}
              onChange={(event) => {
                setUser(event.currentTarget.value);
                letIn.reset();
              }}
              autoCapitalize="none"
              autoComplete="off"
              style={{ flex: "1 1 12rem" }}
              data-testid="share-user"
            />
            <Button type="submit" loading={letIn.isPending} disabled={user.trim() === ""} data-testid="share-submit">
              {t("share.letIn")}
            </Button>
          </Group>
          <ErrorNotice error={letIn.error} />
          <Group gap="sm">
            <Button variant="default" size="compact-md" onClick={() => link.mutate(server)} loading={link.isPending} data-testid="share-link">
              {t("share.link")}
            </Button>
            <Text size="sm" c="dimmed">
              {t("share.linkHint")}
            </Text>
          </Group>
          <ErrorNotice error={link.error} />
          {link.data?.accept_url !== undefined && (
            <CopyField label={t("share.linkOnce")} value={new URL(link.data.accept_url, window.location.origin).href} testId="share-url" />
          )}
        </Stack>
      </form>
    </Collapse>
  );
}

function Given({ slug, username }: Owned) {
  const { shares, codes } = useShares(slug, username);
  return (
    <>
      <ErrorNotice error={shares.error ?? codes.error} />
      {(shares.data ?? []).map((share) => (
        <OneShare key={`${share.server.name}/${share.user.name}`} slug={slug} username={username} share={share} />
      ))}
      {(codes.data ?? []).map((code) => (
        <OneLink key={code.id} slug={slug} username={username} code={code} />
      ))}
    </>
  );
}

function OneShare({ slug, username, share }: Owned & { share: Share }) {
  const { t } = useI18n();
  const title = useTitle();
  const takeBack = useTakeBack(slug, username);
  return (
    <Group justify="space-between" gap="xs" data-testid={`share-${share.user.name}`}>
      <Text style={{ overflowWrap: "anywhere", flex: "1 1 10rem" }}>
        {t("share.given", { name: share.user.name, server: title(share.server.name) })}
      </Text>
      <ConfirmButton
        label={t("share.takeBack")}
        title={t("share.takeBackTitle", { name: share.user.name })}
        text={t("share.takeBackText")}
        variant="subtle"
        color="claret"
        size="compact-sm"
        testId="take-back"
        onConfirm={() => takeBack.mutateAsync({ server: share.server.name, user: share.user.name })}
      />
    </Group>
  );
}

function OneLink({ slug, username, code }: Owned & { code: ShareCode }) {
  const { t } = useI18n();
  const title = useTitle();
  const withdraw = useWithdrawLink(slug, username);
  return (
    <Group justify="space-between" gap="xs">
      <Text style={{ overflowWrap: "anywhere", flex: "1 1 10rem" }}>
        {t("share.linkGiven", { server: title(code.server.name), count: code.exchange_count })}{" "}
        <Text span size="sm" c="dimmed">
          {t("share.until")} <When at={code.expires_at} />
        </Text>
      </Text>
      <Button variant="subtle" color="claret" size="compact-sm" loading={withdraw.isPending} onClick={() => withdraw.mutate(code)}>
        {t("share.takeBack")}
      </Button>
    </Group>
  );
}
