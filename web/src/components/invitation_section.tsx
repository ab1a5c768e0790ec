import { Stack, Text } from "@mantine/core";
import { useInvitation, useRotateInvitation } from "../api/participants";
import { useI18n } from "../i18n/context";
import { ConfirmButton } from "./confirm_button";
import { CopyField } from "./copy_field";
import { ErrorNotice } from "./error_notice";
import { Loading } from "./query_view";
import { Section } from "./section";

export function InvitationSection({ slug }: { slug: string }) {
  const { t } = useI18n();
  const invitation = useInvitation(slug, true);
  const rotate = useRotateInvitation(slug);
  return (
    <Section title={t("invitation.title")} hint={t("invitation.hint")}>
      <Stack gap="sm">
        {invitation.isPending && <Loading />}
        <ErrorNotice error={invitation.error} retry={() => void invitation.refetch()} />
        {invitation.data !== undefined && (
          <>
            <CopyField label={t("invitation.link")} value={absolute(invitation.data.url)} testId="invitation-url" />
            <div>
              <ConfirmButton
                label={t("invitation.rotate")}
                title={t("invitation.rotateTitle")}
                text={t("invitation.rotateText")}
                variant="subtle"
                size="compact-sm"
                color="claret"
                testId="rotate-invitation"
                onConfirm={() => rotate.mutateAsync()}
              />
            </div>
            {rotate.isSuccess && (
              <Text size="sm" role="status">
                {t("invitation.rotated")}
              </Text>
            )}
          </>
        )}
      </Stack>
    </Section>
  );
}

/** The link people are sent must work wherever it is opened. */
function absolute(url: string): string {
  return new URL(url, window.location.origin).href;
}
