import { Button, Divider, Stack } from "@mantine/core";
import { useOptions } from "../api/courses";
import { useI18n } from "../i18n/context";

interface LoginButtonsProps {
  /** Where to go on to afterwards. */
  next: string;
  /** For somebody new: only what makes an account. */
  signUp?: boolean;
}

/** The ways to log in with an account elsewhere; nothing when there are none. */
export function LoginButtons({ next, signUp = false }: LoginButtonsProps) {
  const { t } = useI18n();
  const logins = (useOptions().data?.logins ?? []).filter(
    (login) => login.kind !== "directory" && (login.sign_up || !signUp),
  );
  if (logins.length === 0) return null;
  return (
    <Stack mt="md">
      <Divider label={t("logins.or")} labelPosition="center" />
      {logins.map(({ name, title }) => (
        <Button
          key={name}
          component="a"
          variant="default"
          href={`/login/${encodeURIComponent(name)}${next === "/" ? "" : `?next=${encodeURIComponent(next)}`}`}
          data-testid={`login-with-${name}`}
        >
          {t(signUp ? "logins.signUpWith" : "logins.with", { title })}
        </Button>
      ))}
    </Stack>
  );
}
