import { Alert, Badge, Group, NativeSelect, Stack, Text, type NativeSelectProps } from "@mantine/core";
import { useI18n } from "../i18n/context";
import { CopyField } from "./copy_field";
import { When } from "./when";

// What the platform's tokens and those of a hub have in common.

const day = 86_400;
const never = "never";
const mostScopes = 8;

export const usualLifetime = String(30 * day);

/** What was chosen, in seconds; null: it never ends. */
export function lifetimeSeconds(chosen: string): number | null {
  return chosen === never ? null : Number(chosen);
}

export function LifetimeField(props: NativeSelectProps) {
  const { t } = useI18n();
  return (
    <NativeSelect
      label={t("tokens.lifetime")}
      {...props}
      data={[
        { value: String(day), label: t("tokens.day") },
        { value: usualLifetime, label: t("tokens.month") },
        { value: String(365 * day), label: t("tokens.year") },
        { value: never, label: t("tokens.never") },
      ]}
    />
  );
}

/** A token that was just made: the only time that it is seen. */
export function MadeToken({ note, token }: { note: string; token: string | undefined }) {
  const { t } = useI18n();
  if (token === undefined) return null;
  return (
    <Alert color="lamp" title={t("tokens.created")} role="status">
      <Stack gap="xs">
        <Text size="sm">{t("tokens.once")}</Text>
        <CopyField label={note} value={token} testId="new-token" />
      </Stack>
    </Alert>
  );
}

interface TokenTextProps {
  note: string;
  expiresAt: string | null;
  usedAt: string | null;
  scopes: string[];
}

/** What a token is for, how long, when it was used last, and what it may do. */
export function TokenText({ note, expiresAt, usedAt, scopes }: TokenTextProps) {
  const { t } = useI18n();
  const shown = scopes.slice(0, mostScopes);
  const more = scopes.length - shown.length;
  return (
    <div className="carrel-grow">
      <Text fw={600}>{note === "" ? t("tokens.noNote") : note}</Text>
      <Text size="sm" c="dimmed" component="div">
        {expiresAt === null ? (
          t("tokens.noExpiry")
        ) : (
          <>
            {t("tokens.expires")} <When at={expiresAt} />
          </>
        )}
        {" · "}
        {usedAt === null ? (
          t("tokens.unused")
        ) : (
          <>
            {t("tokens.used")} <When at={usedAt} relative />
          </>
        )}
      </Text>
      <Group gap={4} mt={4}>
        {[...shown, ...(more > 0 ? [`+${more}`] : [])].map((scope) => (
          <Badge key={scope} size="sm" color="gray">
            {scope}
          </Badge>
        ))}
      </Group>
    </div>
  );
}
