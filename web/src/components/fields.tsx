import { PasswordInput, TextInput, type PasswordInputProps, type TextInputProps } from "@mantine/core";
import { useI18n } from "../i18n/context";

export function UsernameField(props: TextInputProps) {
  const { t } = useI18n();
  return (
    <TextInput
      label={t("field.username")}
      required
      autoCapitalize="none"
      autoCorrect="off"
      spellCheck={false}
      maxLength={63}
      {...props}
    />
  );
}

export function PasswordField(props: PasswordInputProps) {
  const { t } = useI18n();
  return <PasswordInput visibilityToggleButtonProps={{ "aria-label": t("field.showPassword") }} {...props} />;
}
