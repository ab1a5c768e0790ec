import { Button, CopyButton, Group, TextInput } from "@mantine/core";
import { useI18n } from "../i18n/context";

interface CopyFieldProps {
  label: string;
  value: string;
  testId?: string;
}

/** A value to take along: selected by a click, copied by a button. */
export function CopyField({ label, value, testId }: CopyFieldProps) {
  const { t } = useI18n();
  return (
    <Group align="flex-end" gap="xs">
      <TextInput
        label={label}
        value={value}
        readOnly
        onFocus={(event) => event.currentTarget.select()}
        style={{ flex: "1 1 14rem" }}
        styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)", fontSize: "0.8125rem" } }}
        data-testid={testId}
      />
      <CopyButton value={value} timeout={2500}>
        {({ copied, copy }) => (
          <Button variant={copied ? "filled" : "light"} onClick={copy} aria-live="polite">
            {copied ? t("action.copied") : t("action.copy")}
          </Button>
        )}
      </CopyButton>
    </Group>
  );
}
