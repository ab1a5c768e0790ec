import { Button, Divider, Group, Stack, Text } from "@mantine/core";
import { receiverOf, useMayShare, useShares, useTakeBack, useVisits, useWithdrawLink, type Share, type ShareCode } from "../api/sharing";
import { useI18n } from "../i18n/context";
import { ConfirmButton } from "./confirm_button";
import { ErrorNotice } from "./error_notice";
import { LetIn, useServerTitle, type Owned } from "./let_in";
import { Section } from "./section";
import { When } from "./when";

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

function Given({ slug, username }: Owned) {
  const { shares, codes } = useShares(slug, username);
  return (
    <>
      <ErrorNotice error={shares.error ?? codes.error} />
      {(shares.data ?? []).map((share) => (
        <OneShare key={JSON.stringify([share.server.name, receiverOf(share)])} slug={slug} username={username} share={share} />
      ))}
      {(codes.data ?? []).map((code) => (
        <OneLink key={code.id} slug={slug} username={username} code={code} />
      ))}
    </>
  );
}

function OneShare({ slug, username, share }: Owned & { share: Share }) {
  const { t } = useI18n();
  const title = useServerTitle();
  const takeBack = useTakeBack(slug, username);
  const name = share.group === null ? (share.user?.name ?? "") : t("share.theGroup", { group: share.group.name });
  return (
    <Group justify="space-between" gap="xs" data-testid={`share-${share.group?.name ?? name}`}>
      <Text style={{ overflowWrap: "anywhere", flex: "1 1 10rem" }}>{t("share.given", { name, server: title(share.server.name) })}</Text>
      <ConfirmButton
        label={t("share.takeBack")}
        title={t("share.takeBackTitle", { name })}
        text={t("share.takeBackText")}
        variant="subtle"
        color="claret"
        size="compact-sm"
        testId="take-back"
        onConfirm={() => takeBack.mutateAsync(share)}
      />
    </Group>
  );
}

function OneLink({ slug, username, code }: Owned & { code: ShareCode }) {
  const { t } = useI18n();
  const title = useServerTitle();
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
