import { Button, Center, Loader, Text } from "@mantine/core";
import type { ReactNode } from "react";
import type { PagedQuery } from "../api/paged";
import { useI18n } from "../i18n/context";
import { ErrorNotice } from "./error_notice";

export function Loading() {
  const { t } = useI18n();
  return (
    <Center py="xl" role="status" aria-label={t("state.loading")}>
      <Loader size="sm" type="dots" />
    </Center>
  );
}

export function Empty({ children }: { children: ReactNode }) {
  return (
    <Text c="dimmed" py="xs" component="div">
      {children}
    </Text>
  );
}

interface PagedViewProps<T> {
  query: PagedQuery<T>;
  empty: ReactNode;
  children: (items: T[]) => ReactNode;
}

/** A list in each of its states: loading, failed, empty, there, and with more to come. */
export function PagedView<T>({ query, empty, children }: PagedViewProps<T>) {
  const { t } = useI18n();
  if (query.isPending) return <Loading />;
  const items = query.items ?? [];
  return (
    <>
      {query.isError && <ErrorNotice error={query.error} retry={() => void query.refetch()} />}
      {items.length === 0 && !query.isError ? <Empty>{empty}</Empty> : children(items)}
      {query.hasNextPage && (
        <Button
          variant="subtle"
          mt="sm"
          loading={query.isFetchingNextPage}
          onClick={() => void query.fetchNextPage()}
        >
          {t("action.more")}
        </Button>
      )}
    </>
  );
}
