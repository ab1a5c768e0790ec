import { Alert, Button, Text } from "@mantine/core";
import { useSearchParams } from "react-router-dom";
import { useJoinLogin, useLogins, usePartLogin, type LoginIdentity } from "../api/logins";
import { useI18n } from "../i18n/context";
import { ConfirmButton } from "./confirm_button";
import { ErrorNotice } from "./error_notice";
import { JoinDirectory } from "./join_directory";
import { LoginProblem } from "./login_problem";
import { Section } from "./section";

/** Accounts elsewhere: joined and parted here. Nothing where there are none. */
export function LoginsSection() {
  const { t } = useI18n();
  const logins = useLogins();
  const [parameters] = useSearchParams();
  const items = logins.data?.pages.flatMap((page) => page.items) ?? [];
  if (items.length === 0) return null;
  const fresh = items.find((item) => item.login === parameters.get("joined") && item.joined_at !== null);
  return (
    <Section title={t("logins.title")} hint={t("logins.hint")}>
      <LoginProblem />
      {fresh !== undefined && (
        <Alert color="lamp" role="status" mb="md" data-testid="login-joined">
          {t("logins.done", { title: fresh.title })}
        </Alert>
      )}
      <ul className="carrel-list">
        {items.map((item) => (
          <LoginRow key={item.login} item={item} />
        ))}
      </ul>
    </Section>
  );
}

function LoginRow({ item }: { item: LoginIdentity }) {
  const { t } = useI18n();
  const join = useJoinLogin();
  const part = usePartLogin();
  const { login, title, joined_as: name, joined_at: joinedAt } = item;
  const state = name === null ? t("logins.joined") : t("logins.joinedAs", { name });
  return (
    <li className="carrel-row">
      <div>
        <Text fw={600}>{title}</Text>
        <Text size="sm" c="dimmed">
          {joinedAt === null ? t("logins.none") : state}
        </Text>
        <ErrorNotice error={join.error} />
      </div>
      {joinedAt === null && item.kind === "directory" && <JoinDirectory login={login} title={title} />}
      {joinedAt === null && item.kind !== "directory" && (
        <Button
          variant="default"
          size="compact-sm"
          loading={join.isPending || join.isSuccess}
          onClick={() => join.mutate({ login })}
          data-testid={`join-login-${login}`}
        >
          {t("logins.join", { title })}
        </Button>
      )}
      {joinedAt !== null && (
        <ConfirmButton
          label={t("logins.part")}
          title={t("logins.partTitle", { title })}
          text={t("logins.partText")}
          variant="subtle"
          color="claret"
          size="compact-sm"
          testId={`part-login-${login}`}
          onConfirm={() => part.mutateAsync(login)}
        />
      )}
    </li>
  );
}
