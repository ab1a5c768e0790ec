import { Alert, Button, Code, Group, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { beginApp, canUseKeys, isDeclined, useFactorChanges, useFactors, wantsConfirmation, type AppSetup, type Factor } from "../api/factors";
import { useI18n } from "../i18n/context";
import { AppSetupForm } from "./app_setup_form";
import { ConfirmButton } from "./confirm_button";
import { ConfirmDialog } from "./confirm_dialog";
import { ErrorNotice } from "./error_notice";
import { Empty, Loading } from "./query_view";
import { Section } from "./section";
import { When } from "./when";

/** What one logs in with beside the password: set up, listed, removed. */
export function FactorsSection() {
  const { t } = useI18n();
  const factors = useFactors();
  const changes = useFactorChanges();
  const [app, setApp] = useState<AppSetup | null>(null);
  const [codes, setCodes] = useState<string[]>([]);
  const [error, setError] = useState<unknown>(null);
  const [waiting, setWaiting] = useState<(() => Promise<unknown>) | null>(null);

  /** Does it, and when the server asks who is there, once more after that is said. */
  const run = async (action: () => Promise<unknown>) => {
    setError(null);
    try {
      await action();
    } catch (caught) {
      if (wantsConfirmation(caught)) setWaiting(() => action);
      else if (!isDeclined(caught)) setError(caught);
    }
  };
  const showCodes = (made: string[]) => {
    if (made.length > 0) setCodes(made);
  };
  const addApp = async () => setApp(await beginApp());
  const addKey = async () => showCodes(await changes.addKey(t("factors.keyName")));
  const renew = async () => showCodes(await changes.renewCodes());

  if (factors.isPending) return <Loading />;
  const own = factors.data?.factors ?? [];
  return (
    <Section title={t("factors.title")} hint={t("factors.hint")}>
      <Stack gap="lg">
        <ErrorNotice error={factors.error ?? error} />
        {codes.length > 0 && <RecoveryCodes codes={codes} onKept={() => setCodes([])} />}
        {own.length === 0 && factors.isSuccess && <Empty>{t("factors.empty")}</Empty>}
        {own.length > 0 && (
          <ul className="carrel-list">
            {own.map((factor) => (
              <FactorRow key={factor.id} factor={factor} onRemove={() => run(() => changes.remove(factor.id))} />
            ))}
          </ul>
        )}
        {app === null ? (
          <Group>
            <Button onClick={() => void run(addApp)} data-testid="add-app">
              {t("factors.addApp")}
            </Button>
            <Button variant="default" disabled={!canUseKeys()} onClick={() => void run(addKey)} data-testid="add-key">
              {t("factors.addKey")}
            </Button>
          </Group>
        ) : (
          <AppSetupForm
            setup={app}
            onCancel={() => setApp(null)}
            onDone={(made) => {
              setApp(null);
              showCodes(made);
            }}
          />
        )}
        {!canUseKeys() && (
          <Text size="sm" c="dimmed">
            {t("factors.noKeys")}
          </Text>
        )}
        {own.length > 0 && (
          <Group justify="space-between">
            <Text size="sm">{t("factors.codesLeft", { count: factors.data?.recovery_codes_left ?? 0 })}</Text>
            <ConfirmButton
              label={t("factors.renew")}
              title={t("factors.renewTitle")}
              text={t("factors.renewText")}
              variant="default"
              size="xs"
              testId="renew-codes"
              onConfirm={() => run(renew)}
            />
          </Group>
        )}
      </Stack>
      <ConfirmDialog
        opened={waiting !== null}
        factors={own}
        onClose={() => setWaiting(null)}
        onConfirmed={() => {
          const action = waiting;
          setWaiting(null);
          if (action !== null) void run(action);
        }}
      />
    </Section>
  );
}

function FactorRow({ factor, onRemove }: { factor: Factor; onRemove: () => Promise<unknown> }) {
  const { t } = useI18n();
  return (
    <li className="carrel-row" data-testid={`factor-${factor.kind}`}>
      <div className="carrel-grow">
        <Text fw={600}>{factor.name}</Text>
        <Text size="sm" c="dimmed" component="div">
          {t(factor.kind === "totp" ? "factors.app" : "factors.key")}
          {" · "}
          {factor.last_used_at === null ? (
            t("tokens.unused")
          ) : (
            <>
              {t("tokens.used")} <When at={factor.last_used_at} relative />
            </>
          )}
        </Text>
      </div>
      <ConfirmButton
        label={t("factors.remove")}
        title={t("factors.removeTitle", { name: factor.name })}
        text={t("factors.removeText")}
        variant="subtle"
        color="claret"
        size="compact-sm"
        onConfirm={onRemove}
      />
    </li>
  );
}

/** Shown this once. */
function RecoveryCodes({ codes, onKept }: { codes: string[]; onKept: () => void }) {
  const { t } = useI18n();
  return (
    <Alert color="lamp" title={t("factors.codes")} role="status">
      <Stack gap="sm">
        <Text size="sm">{t("factors.codesOnce")}</Text>
        <Code block data-testid="recovery-codes">
          {codes.join("\n")}
        </Code>
        <Group>
          <Button size="xs" component="a" variant="default" download="carrel-recovery-codes.txt" href={`data:text/plain,${encodeURIComponent(`${codes.join("\n")}\n`)}`}>
            {t("factors.download")}
          </Button>
          <Button size="xs" onClick={onKept}>
            {t("factors.kept")}
          </Button>
        </Group>
      </Stack>
    </Alert>
  );
}
