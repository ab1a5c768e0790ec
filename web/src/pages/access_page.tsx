import { Alert, Stack, Text } from "@mantine/core";
import { Link } from "react-router-dom";
import { asSentence } from "../api/error";
import { accessLists, useAccess, useAccessEntries, type Access, type AccessEntry, type AccessList } from "../api/access";
import { AddAccessEntry, RemoveAccessEntry } from "../components/access_entry";
import { ErrorNotice } from "../components/error_notice";
import { Page } from "../components/page";
import { Loading, PagedView } from "../components/query_view";
import { Section } from "../components/section";
import { When } from "../components/when";
import { useI18n } from "../i18n/context";

/** Who may in: every list, wherever it is written. */
export default function AccessPage() {
  const { t } = useI18n();
  const access = useAccess();
  const entries = useAccessEntries();
  return (
    <Page title={t("access.title")} lead={t("access.lead")} size="md">
      <Text component={Link} to="/admin" size="sm">
        {t("access.back")}
      </Text>
      {access.isPending && <Loading />}
      <ErrorNotice error={access.error} retry={() => void access.refetch()} />
      {access.data !== undefined && <Summary access={access.data} />}
      <AddAccessEntry />
      <PagedView query={entries} empty={t("access.none")}>
        {(items) => (
          <Stack gap="lg">
            {accessLists.map((list) => (
              <List key={list} list={list} entries={items.filter((entry) => entry.list === list)} />
            ))}
          </Stack>
        )}
      </PagedView>
    </Page>
  );
}

function Summary({ access }: { access: Access }) {
  const { t, tn } = useI18n();
  const file = access.userlist;
  return (
    <Stack gap="sm">
      <Alert role="note" color={access.closed ? "moss" : "gray"} data-testid="access-summary">
        {t(access.closed ? "access.closed" : "access.open")}{" "}
        {access.contact === null ? t("access.noContact") : t("access.contact", { contact: access.contact })}
      </Alert>
      {file !== null && (
        <Text size="sm" component="div">
          {tn("access.file", file.people, { path: file.path })} <When at={file.read_at} relative />
        </Text>
      )}
      {file?.problem != null && (
        <Alert role="alert" color="claret" title={t("access.fileProblem")} data-testid="userlist-problem">
          {asSentence(file.problem)}
        </Alert>
      )}
    </Stack>
  );
}

function List({ list, entries }: { list: AccessList; entries: AccessEntry[] }) {
  const { t } = useI18n();
  if (entries.length === 0) return null;
  return (
    <Section title={t(`access.list.${list}`)} hint={t(`access.hint.${list}`)}>
      <ul className="carrel-list" data-testid={`access-${list}`}>
        {entries.map((entry) => (
          <li className="carrel-row" key={`${entry.place} ${entry.value}`}>
            <div className="carrel-grow">
              <Text fw={600} style={{ overflowWrap: "anywhere" }}>
                {entry.value}
              </Text>
              <Text size="sm" c="dimmed" component="div">
                {entry.place === "here" && entry.added_at !== null ? (
                  <>
                    {t("access.addedBy", { name: entry.added_by ?? "?" })} <When at={entry.added_at} relative />
                  </>
                ) : (
                  t(`access.place.${entry.place}`)
                )}
              </Text>
            </div>
            {entry.place === "here" && <RemoveAccessEntry entry={entry} />}
          </li>
        ))}
      </ul>
    </Section>
  );
}
