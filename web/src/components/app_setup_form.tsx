import { Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { renderSVG } from "uqr";
import { useFactorChanges, type AppSetup } from "../api/factors";
import { useI18n } from "../i18n/context";
import { CopyField } from "./copy_field";
import { ErrorNotice } from "./error_notice";

interface AppSetupFormProps {
  setup: AppSetup;
  onDone: (recoveryCodes: string[]) => void;
  onCancel: () => void;
}

/** An app's QR code, and the first code that it shows, which proves that it was read rightly. */
export function AppSetupForm({ setup, onDone, onCancel }: AppSetupFormProps) {
  const { t } = useI18n();
  const changes = useFactorChanges();
  const [name, setName] = useState(t("factors.appName"));
  const [code, setCode] = useState("");
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const end = async () => {
    setBusy(true);
    setError(null);
    try {
      onDone(await changes.endApp(setup, name, code));
    } catch (caught) {
      setError(caught);
    } finally {
      setBusy(false);
    }
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void end();
      }}
    >
      <Stack>
        <Text size="sm">{t("factors.scan")}</Text>
        <img
          src={`data:image/svg+xml,${encodeURIComponent(renderSVG(setup.address, { border: 2 }))}`}
          alt={t("factors.qr")}
          width={200}
          height={200}
          style={{ background: "#fff", borderRadius: 4 }}
        />
        <CopyField label={t("factors.secret")} value={setup.secret} testId="app-secret" />
        <TextInput label={t("factors.name")} value={name} maxLength={60} required onChange={(event) => setName(event.currentTarget.value)} />
        <TextInput
          label={t("factors.firstCode")}
          value={code}
          required
          maxLength={10}
          inputMode="numeric"
          autoComplete="one-time-code"
          onChange={(event) => setCode(event.currentTarget.value)}
          data-testid="app-code"
        />
        <ErrorNotice error={error} />
        <Group>
          <Button type="submit" loading={busy} data-testid="app-done">
            {t("factors.turnOn")}
          </Button>
          <Button variant="default" onClick={onCancel}>
            {t("factors.notNow")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
