import { Button, Collapse, Group, NativeSelect, Stack, Text, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useState, type SyntheticEvent } from "react";
import { useNamedServers } from "../api/named_servers";
import { useLetIn, useMakeLink, useOwnGroups } from "../api/sharing";
import { useI18n } from "../i18n/context";
import { CopyField } from "./copy_field";
import { ErrorNotice } from "./error_notice";

export interface Owned {
  slug: string;
  username: string;
}

/** "The first one", or the name. */
export function useServerTitle() {
  const { t } = useI18n();
  return (server: string) => (server === "" ? t("share.first") : server);
}

/** Lets somebody, or a group that one is in, into one of one's own servers. */
export function LetIn({ slug, username }: Owned) {
  const { t } = useI18n();
  const title = useServerTitle();
  const [opened, form] = useDisclosure(false);
  const [server, setServer] = useState("");
  const [user, setUser] = useState("");
  const groups = useOwnGroups(slug);
  const [group, setGroup] = useState("");
  const named = useNamedServers(slug, username).servers.data ?? [];
  const letIn = useLetIn(slug, username);
  const link = useMakeLink(slug, username);
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    letIn.mutate({ server, receiver: group === "" ? { user: user.trim().toLowerCase() } : { group } }, { onSuccess: () => setUser("") });
  };
  if (!opened) {
    return (
      <div>
        <Button variant="light" size="compact-md" onClick={form.open} data-testid="let-in">
          {t("share.open")}
        </Button>
      </div>
    );
  }
  return (
    <Collapse in={opened}>
      <form onSubmit={submit}>
        <Stack gap="sm">
          <Text size="sm">{t("share.warning")}</Text>
          {named.length > 0 && (
            <NativeSelect
              label={t("share.server")}
              value={server}
              onChange={(event) => setServer(event.currentTarget.value)}
              data={[{ value: "", label: title("") }, ...named.map(({ name, displayName }) => ({ value: name, label: displayName }))]}
            />
          )}
          <Group align="flex-end" gap="sm">
            {groups.length > 0 && (
              <NativeSelect
                label={t("share.whom")}
                value={group}
                onChange={(event) => {
                  setGroup(event.currentTarget.value);
                  letIn.reset();
                }}
                data={[{ value: "", label: t("share.onePerson") }, ...groups.map((name) => ({ value: name, label: t("share.theGroup", { group: name }) }))]}
                style={{ flex: "1 1 12rem" }}
                data-testid="share-group"
              />
            )}
            {group === "" && (
              <TextInput
                label={t("share.user")}
                value={user}
                onChange={(event) => {
                  setUser(event.currentTarget.value);
                  letIn.reset();
                }}
                autoCapitalize="none"
                autoComplete="off"
                style={{ flex: "1 1 12rem" }}
                data-testid="share-user"
              />
            )}
            <Button type="submit" loading={letIn.isPending} disabled={group === "" && user.trim() === ""} data-testid="share-submit">
              {t("share.letIn")}
            </Button>
          </Group>
          {group !== "" && (
            <Text size="sm" c="dimmed">
              {t("share.groupHint")}
            </Text>
          )}
          <ErrorNotice error={letIn.error} />
          <Group gap="sm">
            <Button variant="default" size="compact-md" onClick={() => link.mutate(server)} loading={link.isPending} data-testid="share-link">
              {t("share.link")}
            </Button>
            <Text size="sm" c="dimmed">
              {t("share.linkHint")}
            </Text>
          </Group>
          <ErrorNotice error={link.error} />
          {link.data?.accept_url !== undefined && (
            <CopyField label={t("share.linkOnce")} value={new URL(link.data.accept_url, window.location.origin).href} testId="share-url" />
          )}
        </Stack>
      </form>
    </Collapse>
  );
}
