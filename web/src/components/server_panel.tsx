import { Alert, Button, Group, Progress, Stack, Text, VisuallyHidden } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useEffect, useRef, type ReactNode } from "react";
import { asSentence } from "../api/error";
import { useEnvironmentTitle } from "../api/courses";
import { useServer, type ServerView } from "../api/server";
import { useI18n } from "../i18n/context";
import { localPath } from "../lib/next_path";
import { splitFailure } from "../lib/failure";
import { ConfirmButton } from "./confirm_button";
import { ErrorNotice, useErrorText } from "./error_notice";
import { IdleNotice } from "./idle_notice";
import { Loading } from "./query_view";
import { Section } from "./section";
import { When } from "./when";

interface ServerPanelProps {
  slug: string;
  username: string;
  own: boolean;
  /** Of a server beside the default one. */
  server?: string;
  /** Start as soon as the page is there, and go to this path of the server when it is ready. */
  goTo: string | null;
  /** Only go there: somebody else has started it. */
  watchOnly?: boolean;
}

export function ServerPanel({ slug, username, own, server = "", goTo, watchOnly = false }: ServerPanelProps) {
  const { t } = useI18n();
  const view = useServer(slug, username, server);
  useStartAtOnce(view, goTo, watchOnly);
  const whose = own ? t("server.title") : t("server.titleOf", { name: username });
  return (
    <Section title={server === "" ? whose : `${whose}: ${server}`} hint={own ? t("server.hint") : t("server.hintOther")}>
      <Stack gap="md">
        <ServerBody view={view} own={own} />
      </Stack>
    </Section>
  );
}

export function useStartAtOnce(view: ServerView, goTo: string | null, watchOnly = false): void {
  const started = useRef(false);
  const { phase, start } = view;
  useEffect(() => {
    if (goTo === null || phase === "loading") return;
    if (phase === "stopped" && !watchOnly && !started.current) {
      started.current = true;
      start();
    }
    // In place of this page: going back must not start everything again.
    if (phase === "ready") window.location.replace(goTo);
  }, [goTo, watchOnly, phase, start]);
}

interface ServerBodyProps {
  view: ServerView;
  own?: boolean;
  /** One of several: its buttons are smaller, and this one stands beside them. */
  aside?: ReactNode;
}

/** A server as it is now, and what can be done with it. */
export function ServerBody({ view, own = true, aside }: ServerBodyProps) {
  const { t } = useI18n();
  return (
    <>
      <VisuallyHidden aria-live="polite" role="status">
        {view.phase === "loading" ? "" : t(`server.${view.phase}`)}
      </VisuallyHidden>
      <Phase view={view} own={own} aside={aside} />
    </>
  );
}

function Phase({ view, own, aside }: ServerBodyProps) {
  const { t } = useI18n();
  switch (view.phase) {
    case "loading":
      return view.error === null ? <Loading /> : <ErrorNotice error={view.error} />;
    case "starting":
      return <Starting view={view} aside={aside} />;
    case "stopping":
      return <Text>{t("server.stopping")}</Text>;
    case "ready":
      return <Ready view={view} own={own} aside={aside} />;
    case "failed":
      return (
        <>
          <Failure error={view.error} />
          <StartButton view={view} label={t("server.startAgain")} aside={aside} />
        </>
      );
    case "stopped":
      return (
        <>
          <ErrorNotice error={view.error} />
          <Text data-testid="server-stopped">{view.reason === null ? t("server.stopped") : asSentence(view.reason)}</Text>
          <StartButton view={view} label={aside === undefined ? t("server.start") : t("servers.start")} aside={aside} />
        </>
      );
  }
}

function StartButton({ view, label, aside }: ServerBodyProps & { label: string }) {
  return (
    <Group gap="sm">
      <Button size={sizeOf(aside)} onClick={view.start} data-testid="start-server">
        {label}
      </Button>
      {aside}
    </Group>
  );
}

function sizeOf(aside: ReactNode): "md" | "sm" {
  return aside === undefined ? "md" : "sm";
}

function Starting({ view, aside }: ServerBodyProps) {
  const { t } = useI18n();
  const place = view.progress?.queue_position ?? 0;
  const percent = view.progress?.progress ?? 0;
  const message = place > 0 ? t("server.queued", { place }) : (view.progress?.message ?? t("server.starting"));
  return (
    <div data-testid="progress">
      <Progress.Root size="lg" radius="xl">
        <Progress.Section value={Math.max(percent, 4)} animated striped aria-label={t("server.progress")} />
      </Progress.Root>
      <Text mt="xs" aria-live="polite">
        {message}
      </Text>
      {place > 0 && (
        <Text size="sm" c="dimmed">
          {t("server.queuedHint")}
        </Text>
      )}
      <GiveUpButton view={view} aside={aside} />
    </div>
  );
}

/** Nothing is lost by it, so it does not ask. */
function GiveUpButton({ view, aside }: ServerBodyProps) {
  const { t } = useI18n();
  const givingUp = useMutation({ mutationFn: view.stop });
  return (
    <>
      <ErrorNotice error={givingUp.error} />
      <Button
        variant="default"
        mt="sm"
        size={sizeOf(aside)}
        loading={givingUp.isPending}
        onClick={() => givingUp.mutate()}
        data-testid="give-up-start"
      >
        {t("server.giveUp")}
      </Button>
    </>
  );
}

function Ready({ view, own = true, aside }: ServerBodyProps) {
  const { t } = useI18n();
  const title = useEnvironmentTitle(view.slug);
  const open = useRef<HTMLAnchorElement>(null);
  const started = view.progress?.ready === true;
  // Whoever watched the start wants to go in: Enter suffices.
  useEffect(() => {
    if (started) open.current?.focus();
  }, [started]);
  if (view.server === null) return null;
  const { url, last_activity: activity } = view.server;
  return (
    <>
      <Text>
        {t("server.ready")}
        {activity !== null && (
          <Text span c="dimmed" size="sm">
            {" "}
            {t("server.lastActivity")} <When at={activity} relative />
          </Text>
        )}
      </Text>
      <IdleNotice view={view} own={own} />
      <Group gap="sm">
        <Button component="a" ref={open} href={localPath(url)} size={sizeOf(aside)} data-testid="open-server">
          {title === undefined ? t("server.openPlain") : t("server.open", { title })}
        </Button>
        <ConfirmButton
          label={t("server.stop")}
          title={t("server.stopTitle")}
          text={t("server.stopText")}
          variant="default"
          size={sizeOf(aside)}
          testId="stop-server"
          onConfirm={view.stop}
        />
        {aside}
      </Group>
    </>
  );
}

/** The sentence first; the log's last lines below it, for whoever wants to know. */
function Failure({ error }: { error: Error | null }) {
  const { t } = useI18n();
  const describe = useErrorText();
  const { sentence, log } = splitFailure(error === null ? t("server.failed") : describe(error));
  return (
    <Alert color="claret" title={t("server.failed")} role="alert" data-testid="server-failure">
      <Stack gap="sm">
        <Text>{sentence}</Text>
        {log !== "" && (
          <div>
            <Text size="sm" fw={600} mb={4}>
              {t("server.log")}
            </Text>
            {/* A scrolling region must be reachable by keyboard. */}
            {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
            <pre className="carrel-log" tabIndex={0} aria-label={t("server.log")}>
              {log}
            </pre>
          </div>
        )}
      </Stack>
    </Alert>
  );
}
