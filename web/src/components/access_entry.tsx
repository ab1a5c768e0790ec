import { Button, Card, Group, NativeSelect, TextInput } from "@mantine/core";
import { useState } from "react";
import { accessLists, useAddEntry, useRemoveEntry, type AccessEntry, type AccessList } from "../api/access";
import { useI18n } from "../i18n/context";
import { ConfirmButton } from "./confirm_button";
import { ErrorNotice } from "./error_notice";

/** A line for one of the lists. It counts at once. */
export function AddAccessEntry() {
  const { t } = useI18n();
  const add = useAddEntry();
  const [list, setList] = useState<AccessList>("allow");
  const [value, setValue] = useState("");
  const groups = list === "allow_groups" || list === "deny_groups";
  return (
    <Card p={{ base: "md", sm: "lg" }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          add.mutate({ list, value }, { onSuccess: () => setValue("") });
        }}
      >
        <Group align="flex-end" gap="sm">
          <NativeSelect
            label={t("access.listLabel")}
            value={list}
            onChange={(event) => setList(event.currentTarget.value as AccessList)}
            data={accessLists.map((each) => ({ value: each, label: t(`access.list.${each}`) }))}
            data-testid="access-list"
          />
          <TextInput
            label={t(groups ? "access.group" : "field.username")}
            value={value}
            onChange={(event) => setValue(event.currentTarget.value)}
            style={{ flex: "1 1 12rem" }}
            maxLength={200}
            autoCapitalize="none"
            autoCorrect="off"
            spellCheck={false}
            required
            data-testid="access-value"
          />
          <Button type="submit" loading={add.isPending} disabled={value.trim() === ""} data-testid="access-add">
            {t("access.add")}
          </Button>
        </Group>
        <ErrorNotice error={add.error} />
      </form>
    </Card>
  );
}

export function RemoveAccessEntry({ entry }: { entry: AccessEntry }) {
  const { t } = useI18n();
  const remove = useRemoveEntry();
  return (
    <ConfirmButton
      variant="default"
      size="compact-md"
      label={t("access.remove")}
      aria-label={t("access.removeOf", { name: entry.value })}
      title={t("access.removeTitle", { name: entry.value })}
      text={t(`access.removeText.${entry.list}`)}
      testId={`access-remove-${entry.list}-${entry.value}`}
      onConfirm={() => remove.mutateAsync({ list: entry.list, value: entry.value })}
    />
  );
}
