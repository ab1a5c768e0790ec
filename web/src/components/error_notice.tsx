import { Alert, Button, Container, Group, Text } from "@mantine/core";
import { ApiError } from "../api/error";
import { useI18n } from "../i18n/context";
import type { MessageKey, Params } from "../i18n/messages";

/** One clear sentence for any error: the server's own where it gave one. */
export function errorText(error: unknown, t: (key: MessageKey, params?: Params) => string): string {
  if (!(error instanceof ApiError)) return t("error.unexpected");
  if (error.kind === "network") return t("error.network");
  if (error.status === 429 && error.retryAfterSeconds !== null) {
    return t("error.tooMany", { seconds: error.retryAfterSeconds });
  }
  if (error.refusal !== null) {
    return t(`access.${error.refusal.admission}`, { contact: error.refusal.contact || t("access.whoever") });
  }
  if (error.detail !== "") return error.detail;
  if (error.status === 403) return t("error.forbidden");
  if (error.status === 404) return t("error.notFound");
  if (error.status >= 500) return t("error.server");
  return t("error.unexpected");
}

export function useErrorText(): (error: unknown) => string {
  const { t } = useI18n();
  return (error) => errorText(error, t);
}

interface ErrorNoticeProps {
  error: unknown;
  retry?: () => void;
}

/** Nothing while there is no error. */
export function ErrorNotice({ error, retry }: ErrorNoticeProps) {
  const { t } = useI18n();
  if (error === null || error === undefined) return null;
  return (
    <Alert color="claret" role="alert" variant="light">
      <Group justify="space-between" gap="sm">
        <Text style={{ flex: "1 1 12rem", whiteSpace: "pre-line" }}>{errorText(error, t)}</Text>
        {retry !== undefined && (
          <Button size="xs" variant="default" onClick={retry}>
            {t("action.retry")}
          </Button>
        )}
      </Group>
    </Alert>
  );
}

/** An error in place of a whole page. */
export function PageError(props: ErrorNoticeProps) {
  return (
    <Container size="sm" py="xl">
      <ErrorNotice {...props} />
    </Container>
  );
}
