import { Button, Collapse, Divider, Group, Stack, Text, TextInput, Title } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { Fragment, useState, type SyntheticEvent } from "react";
import { useOptions } from "../api/courses";
import { useNamedServers } from "../api/named_servers";
import { useServer } from "../api/server";
import { useI18n } from "../i18n/context";
import { ConfirmButton } from "./confirm_button";
import { ErrorNotice, useErrorText } from "./error_notice";
import { Section } from "./section";
import { ServerBody, useStartAtOnce } from "./server_panel";

interface OtherServersProps {
  slug: string;
  username: string;
  /** Start the server of this name as soon as the page is there, and go to this path when it is ready. */
  goTo: { server: string; path: string } | null;
}

/** The servers that somebody has beside the default one, and a way to one more. */
export function OtherServers({ slug, username, goTo }: OtherServersProps) {
  const { t } = useI18n();
  const most = useOptions().data?.hub.named_servers ?? 0;
  const { servers, opening } = useNamedServers(slug, username);
  const known = servers.data ?? [];
  if (servers.data === undefined && servers.isPending) return null;
  if (known.length === 0 && most === 0) return null;
  return (
    <Section title={t("servers.title")} hint={t("servers.hint")}>
      <Stack gap="md">
        <ErrorNotice error={servers.error} retry={() => void servers.refetch()} />
        {known.map(({ name, displayName }) => (
          <Fragment key={name}>
            <OneServer slug={slug} username={username} name={name} title={displayName} goTo={goTo?.server === name ? goTo.path : null} />
            <Divider />
          </Fragment>
        ))}
        {known.length < most ? <NewServer opening={opening} taken={known.map(({ name }) => name)} /> : <Text c="dimmed" size="sm">{t("servers.most", { most })}</Text>}
      </Stack>
    </Section>
  );
}

interface OneServerProps {
  slug: string;
  username: string;
  name: string;
  title: string;
  goTo: string | null;
}

function OneServer({ slug, username, name, title, goTo }: OneServerProps) {
  const { t } = useI18n();
  const view = useServer(slug, username, name);
  useStartAtOnce(view, goTo);
  const remove = (
    <ConfirmButton
      label={t("servers.remove")}
      title={t("servers.removeTitle", { name: title })}
      text={t("servers.removeText")}
      variant="subtle"
      color="claret"
      size="sm"
      testId="remove-server"
      onConfirm={view.remove}
    />
  );
  return (
    <Stack gap="xs" data-testid={`server-${name}`}>
      <Title order={3} size="h4" style={{ overflowWrap: "anywhere" }}>
        {title}
      </Title>
      <ServerBody view={view} aside={remove} />
    </Stack>
  );
}

function NewServer({ opening, taken }: { opening: ReturnType<typeof useNamedServers>["opening"]; taken: string[] }) {
  const { t } = useI18n();
  const describe = useErrorText();
  const [opened, form] = useDisclosure(false);
  const [name, setName] = useState("");
  const wanted = name.trim();
  const double = taken.includes(wanted) && !opening.isPending;
  const problem = double ? t("servers.taken") : opening.isError ? describe(opening.error) : null;

  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    if (wanted === "" || double) return;
    opening.mutate(wanted, {
      onSuccess: () => {
        setName("");
        form.close();
      },
    });
  };
  return (
    <div>
      {!opened && (
        <Button variant="light" size="compact-md" onClick={form.open} data-testid="new-server">
          {t("servers.new")}
        </Button>
      )}
      <Collapse in={opened}>
        <form onSubmit={submit}>
          <TextInput
            label={t("servers.name")}
            description={t("servers.nameHint")}
            value={name}
            onChange={(event) => {
              setName(event.currentTarget.value);
              opening.reset();
            }}
            error={problem}
            maxLength={80}
            disabled={opening.isPending}
            data-testid="new-server-name"
          />
          <Group mt="sm" gap="sm">
            <Button type="submit" loading={opening.isPending} disabled={wanted === "" || double} data-testid="open-new-server">
              {t("servers.open")}
            </Button>
            <Button variant="default" onClick={form.close} disabled={opening.isPending}>
              {t("action.close")}
            </Button>
          </Group>
        </form>
      </Collapse>
    </div>
  );
}
