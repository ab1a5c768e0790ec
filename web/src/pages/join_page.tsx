import { Alert, Anchor, Button, Stack, Text } from "@mantine/core";
import { Link, useLocation, useParams } from "react-router-dom";
import { isStatus } from "../api/error";
import { useApply, useInvitedCourse } from "../api/participants";
import { useMe } from "../api/session";
import type { InvitedCourse, Me } from "../api/types";
import { ErrorNotice, PageError } from "../components/error_notice";
import { Page } from "../components/page";
import { useSignUpDirectories } from "../components/directory_notes";
import { LoginButtons } from "../components/login_buttons";
import { Loading } from "../components/query_view";
import { Section } from "../components/section";
import { SignUpForm } from "../components/sign_up_form";
import { Period } from "../components/when";
import { useI18n } from "../i18n/context";
import { loginPath } from "../lib/next_path";

/** An invitation: what the course is, and the way in. */
export default function JoinPage() {
  const { t } = useI18n();
  const { code = "" } = useParams();
  const invited = useInvitedCourse(code);
  const me = useMe();
  if (isStatus(invited.error, 404)) {
    return (
      <Page title={t("join.unknownTitle")} size="sm">
        <Text>{t("join.unknownText")}</Text>
      </Page>
    );
  }
  if (invited.data === undefined) {
    return invited.isError ? <PageError error={invited.error} retry={() => void invited.refetch()} /> : <Loading />;
  }
  const { course } = invited.data;
  return (
    <Page title={course.name} lead={t("join.lead", { leaders: course.leaders.join(", ") })} size="sm">
      {course.description !== "" && <Text style={{ whiteSpace: "pre-line" }}>{course.description}</Text>}
      <Text c="dimmed">
        <Period from={course.starts_at} to={course.ends_at} />
      </Text>
      <WayIn code={code} invited={invited.data} me={me.data ?? null} />
    </Page>
  );
}

function WayIn({ code, invited, me }: { code: string; invited: InvitedCourse; me: Me | null }) {
  const { t } = useI18n();
  const location = useLocation();
  const directories = useSignUpDirectories();
  if (me === null) {
    if (!invited.course.open) return <Closed />;
    return (
      <Section
        title={t("join.signUp")}
        hint={
          <>
            {t("join.known")} {directories !== "" && `${t("logins.signUpDirectory", { title: directories })} `}
            <Anchor underline="always" component={Link} to={loginPath(location.pathname)} data-testid="join-login">
              {t("nav.login")}
            </Anchor>
          </>
        }
      >
        <SignUpForm code={code} />
        <LoginButtons next={location.pathname} signUp />
      </Section>
    );
  }
  switch (invited.me.application) {
    case null:
      if (invited.me.leader) return <LeadersOwn slug={invited.course.slug} />;
      return invited.course.open ? <Apply code={code} me={me} /> : <Closed />;
    case "pending":
      return (
        <Alert color="brass" title={t("application.pending")} role="status" data-testid="application-pending">
          {t("application.pendingText")}
        </Alert>
      );
    case "rejected":
      return (
        <Alert color="claret" title={t("application.rejected")} role="status" data-testid="application-rejected">
          {t("application.rejectedText")}
        </Alert>
      );
    case "accepted":
      return (
        <Alert color="lamp" title={t("application.accepted")} role="status" data-testid="application-accepted">
          <Stack align="flex-start">
            <Text>{t("application.acceptedText")}</Text>
            <Button component={Link} to={`/courses/${invited.course.slug}`}>
              {t("course.toCourse")}
            </Button>
          </Stack>
        </Alert>
      );
  }
}

function Closed() {
  const { t } = useI18n();
  return (
    <Alert color="brass" role="status">
      {t("join.closed")}
    </Alert>
  );
}

function LeadersOwn({ slug }: { slug: string }) {
  const { t } = useI18n();
  return (
    <Alert color="lamp" role="status">
      <Stack align="flex-start">
        <Text>{t("join.leader")}</Text>
        <Button component={Link} to={`/courses/${slug}/manage`}>
          {t("course.toCourse")}
        </Button>
      </Stack>
    </Alert>
  );
}

function Apply({ code, me }: { code: string; me: Me }) {
  const { t } = useI18n();
  const apply = useApply(code);
  return (
    <Section title={t("join.apply")} hint={t("join.applyAs", { name: me.display_name || me.username })}>
      <Stack align="flex-start">
        <Text>{t("join.applyText")}</Text>
        {!isStatus(apply.error, 409) && <ErrorNotice error={apply.error} />}
        <Button size="md" loading={apply.isPending} onClick={() => apply.mutate()} data-testid="apply">
          {t("join.applyButton")}
        </Button>
      </Stack>
    </Section>
  );
}
