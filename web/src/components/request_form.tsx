import "@mantine/dates/styles.css";
import { Button, Group, Radio, Stack, Switch, Textarea, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useState, type ReactNode } from "react";
import { useNavigate } from "react-router-dom";
import { useRequestCourse, useSlugCheck } from "../api/courses";
import { ApiError, asSentence } from "../api/error";
import type { Options } from "../api/types";
import { useI18n } from "../i18n/context";
import { checkSlug, suggestSlug } from "../lib/validate";
import { ErrorNotice } from "./error_notice";
import { requestFromForm, useRequestForm, type RequestFormApi } from "./request_form_state";
import { RequestImage } from "./request_image";
import { RequestPeriod } from "./request_period";
import { RequestSize } from "./request_size";
import { Section } from "./section";

export function RequestForm({ options }: { options: Options }) {
  const { t } = useI18n();
  const navigate = useNavigate();
  const form = useRequestForm(options);
  const create = useRequestCourse();
  const slug = useSlugState(form, options);
  const [unplaced, setUnplaced] = useState<unknown>(null);

  const submit = async () => {
    setUnplaced(null);
    try {
      const course = await create.mutateAsync(requestFromForm(form.getValues(), new Date()));
      navigate(`/courses/${course.slug}/manage`);
    } catch (error) {
      const field = error instanceof ApiError ? formField(error.field) : null;
      if (field === null || !(error instanceof ApiError)) setUnplaced(error);
      else form.setFieldError(field, error.detail);
    }
  };

  return (
    <form noValidate onSubmit={form.onSubmit(() => void submit(), focusFirstError)}>
      <Stack gap="lg">
        <Section title={t("request.what")}>
          <Stack>
            <NameAndSlug form={form} slugError={slug.error} slugHint={slug.hint} />
            <Textarea
              label={t("field.description")}
              description={t("field.descriptionHint")}
              autosize
              minRows={3}
              {...form.getInputProps("description")}
            />
            <Environments form={form} options={options} />
            <RequestImage form={form} />
            <Switch
              label={t("field.sharedFolder")}
              description={t("field.sharedFolderHint")}
              {...form.getInputProps("shared_folder", { type: "checkbox" })}
            />
          </Stack>
        </Section>
        <RequestPeriod form={form} />
        <RequestSize form={form} limits={options.limits} />
        <ErrorNotice error={unplaced} />
        <Group justify="flex-end">
          <Button type="submit" size="md" loading={create.isPending} disabled={slug.error !== null} data-testid="request-submit">
            {t("request.submit")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

/** The server names fields of its JSON; the form has some of them under names of its own. */
function formField(field: string | null): string | null {
  if (field === null) return null;
  const last = field.split(/[./]/).pop() ?? "";
  const known = ["name", "slug", "description", "starts_at", "ends_at", "expected_participants", "environment", "image"];
  const sizes = ["cpu", "memory_gib", "storage_gib"];
  return known.includes(last) || sizes.includes(last) ? last : null;
}

function focusFirstError(): void {
  window.requestAnimationFrame(() => {
    document.querySelector<HTMLElement>('form [aria-invalid="true"]')?.focus();
  });
}

function useSlugState(form: RequestFormApi, options: Options): { error: string | null; hint: ReactNode } {
  const { t } = useI18n();
  const slug = form.values.slug;
  const [settled] = useDebouncedValue(slug, 350);
  const wellFormed = checkSlug(settled, options.limits.slug) === null;
  const check = useSlugCheck(settled, wellFormed);
  const address = `${window.location.origin}/c/${checkSlug(slug, options.limits.slug) === null ? slug : "…"}/`;
  if (settled !== slug || !wellFormed || check.data === undefined) {
    return { error: null, hint: t("field.slugHint", { address }) };
  }
  if (!check.data.available) {
    return { error: asSentence(check.data.problem ?? "") || t("invalid.slugTaken"), hint: t("field.slugHint", { address }) };
  }
  return { error: null, hint: t("field.slugFree", { address }) };
}

interface NameAndSlugProps {
  form: RequestFormApi;
  slugError: string | null;
  slugHint: ReactNode;
}

/** The slug follows the name until somebody edits it. */
function NameAndSlug({ form, slugError, slugHint }: NameAndSlugProps) {
  const { t } = useI18n();
  const [edited, setEdited] = useState(false);
  return (
    <>
      <TextInput
        label={t("field.name")}
        placeholder={t("field.namePlaceholder")}
        required
        {...form.getInputProps("name")}
        onChange={(event) => {
          form.setFieldValue("name", event.currentTarget.value);
          if (!edited) form.setFieldValue("slug", suggestSlug(event.currentTarget.value));
        }}
      />
      <TextInput
        label={t("field.slug")}
        description={slugHint}
        inputWrapperOrder={["label", "input", "description", "error"]}
        required
        autoCapitalize="none"
        spellCheck={false}
        {...form.getInputProps("slug")}
        error={form.errors["slug"] ?? slugError}
        onChange={(event) => {
          setEdited(event.currentTarget.value !== "");
          form.setFieldValue("slug", event.currentTarget.value);
        }}
      />
    </>
  );
}

function Environments({ form, options }: { form: RequestFormApi; options: Options }) {
  const { t } = useI18n();
  return (
    <Radio.Group label={t("field.environment")} {...form.getInputProps("environment")}>
      <Stack gap="xs" mt="xs">
        {options.environments.map((environment) => (
          <Radio
            key={environment.name}
            value={environment.name}
            label={environment.title}
            description={environment.description}
          />
        ))}
      </Stack>
    </Radio.Group>
  );
}
