import { Group, Progress, Text } from "@mantine/core";
import { useEffect, useState } from "react";
import { useI18n } from "../i18n/context";
import type { MessageKey } from "../i18n/messages";

interface PasswordStrengthProps {
  password: string;
  /** What anybody would try on this person: names. */
  known?: string[];
}

/** How hard a new password is to guess. The dictionaries are loaded when somebody types one. */
export function PasswordStrength({ password, known = [] }: PasswordStrengthProps) {
  const { t } = useI18n();
  const [score, setScore] = useState<number | null>(null);
  const words = known.filter((word) => word !== "").join("\n");
  useEffect(() => {
    if (password === "") return;
    let current = true;
    void import("../lib/password_strength").then(({ strengthOf }) => {
      if (current) setScore(strengthOf(password, words.split("\n")));
    }, () => undefined);
    return () => {
      current = false;
    };
  }, [password, words]);
  if (password === "" || score === null) return null;
  return (
    <Group gap="sm" data-testid="password-strength" data-score={score}>
      <Progress
        value={(score + 1) * 20}
        color={score < 2 ? "claret" : "lamp"}
        aria-label={t("strength.label")}
        style={{ flex: 1 }}
      />
      <Text size="sm" role="status">
        {t(`strength.${score}` as MessageKey)}
      </Text>
    </Group>
  );
}
