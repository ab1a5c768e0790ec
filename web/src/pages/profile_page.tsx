import { Stack } from "@mantine/core";
import type { Me } from "../api/types";
import { FactorsSection } from "../components/factors_section";
import { LoginsSection } from "../components/logins_section";
import { Page } from "../components/page";
import { PasswordSection } from "../components/password_section";
import { ProfileSection } from "../components/profile_section";
import { SessionsSection } from "../components/sessions_section";
import { TokensSection } from "../components/tokens_section";
import { useI18n } from "../i18n/context";

export default function ProfilePage({ me }: { me: Me }) {
  const { t } = useI18n();
  return (
    <Page title={t("profile.title")} lead={me.username} size="sm">
      <Stack gap="lg">
        <ProfileSection me={me} />
        {me.has_password !== false && <PasswordSection me={me} />}
        <LoginsSection />
        <FactorsSection />
        <SessionsSection />
        <TokensSection me={me} />
      </Stack>
    </Page>
  );
}
