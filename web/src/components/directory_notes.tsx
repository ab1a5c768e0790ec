import { Alert, Text } from "@mantine/core";
import { useOptions } from "../api/courses";
import { ApiError } from "../api/error";
import { useI18n } from "../i18n/context";
import { isProblem, problemKey } from "../lib/login_problem";
import { ErrorNotice } from "./error_notice";

/** What the directories whose passwords are typed here are called; empty where there are none. */
export function useDirectoryTitles(): string {
  const logins = useOptions().data?.logins ?? [];
  return logins.filter(({ kind }) => kind === "directory").map(({ title }) => title).join(" / ");
}

/** Those of them that make accounts for new people. */
export function useSignUpDirectories(): string {
  const logins = useOptions().data?.logins ?? [];
  return logins.filter((login) => login.kind === "directory" && login.sign_up).map(({ title }) => title).join(" / ");
}

/** Which passwords are good here besides those of here. */
export function DirectoryHint() {
  const { t } = useI18n();
  const title = useDirectoryTitles();
  if (title === "") return null;
  return (
    <Text size="sm" c="dimmed" data-testid="directory-hint">
      {t("logins.directoryHint", { title })}
    </Text>
  );
}

/** Why nobody was logged in; in the reader's language where a directory is the cause. */
export function LoginError({ error, title }: { error: unknown; title?: string }) {
  const { t } = useI18n();
  const titles = useDirectoryTitles();
  if (!(error instanceof ApiError) || !isProblem(error.field)) return <ErrorNotice error={error} />;
  return (
    <Alert color="claret" role="alert" data-testid="directory-problem">
      {t(problemKey(error.field), { title: title ?? titles })}
    </Alert>
  );
}
