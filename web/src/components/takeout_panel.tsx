import { Button, Stack, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { takeoutPath } from "../api/courses";
import { probe } from "../api/client";
import { isStatus } from "../api/error";
import { useI18n } from "../i18n/context";
import { ErrorNotice } from "./error_notice";
import { Section } from "./section";

/** What a participant made, to take home once the course is over. */
export function TakeoutPanel({ slug }: { slug: string }) {
  const { t } = useI18n();
  return (
    <Section title={t("takeout.title")}>
      <Stack gap="md">
        <Text>{t("takeout.text")}</Text>
        <TakeoutButton slug={slug} label={t("takeout.download")} />
      </Stack>
    </Section>
  );
}

interface TakeoutButtonProps {
  slug: string;
  username?: string;
  label: string;
  small?: boolean;
}

/** Asks first whether there is one: a missing take-out is a sentence here, not a page of JSON. */
export function TakeoutButton({ slug, username, label, small = false }: TakeoutButtonProps) {
  const { t } = useI18n();
  const path = takeoutPath(slug, username);
  const download = useMutation({
    mutationFn: () => probe(path),
    onSuccess: () => window.location.assign(path),
  });
  return (
    <Stack gap="xs">
      <div>
        <Button
          size={small ? "compact-sm" : "md"}
          variant={small ? "light" : "filled"}
          loading={download.isPending}
          onClick={() => download.mutate()}
          data-testid={username === undefined ? "takeout" : `takeout-${username}`}
        >
          {label}
        </Button>
      </div>
      {isStatus(download.error, 404) ? <Text c="dimmed">{t("takeout.none")}</Text> : <ErrorNotice error={download.error} />}
    </Stack>
  );
}
