import { SimpleGrid, Stack, Switch } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { DatesProvider, DateTimePicker } from "@mantine/dates";
import "dayjs/locale/de";
import { useI18n } from "../i18n/context";
import { formatDateTime, timeZoneName } from "../lib/format";
import { fromPicker } from "../lib/local_time";
import type { RequestFormApi } from "./request_form_state";
import { Section } from "./section";

function CalendarIcon() {
  return (
    <svg width="18" height="18" viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="2" strokeLinecap="round" aria-hidden="true">
      <rect x="4" y="5" width="16" height="15" rx="2" />
      <path d="M4 10h16M8 3v4M16 3v4" />
    </svg>
  );
}

/** One name for the button, its label and the calendar it opens: "<id>-target" is the popover's. */
function named(id: string) {
  return { id: `${id}-target`, popoverProps: { id, returnFocus: true } };
}

/** From when to when the hub is there. */
export function RequestPeriod({ form }: { form: RequestFormApi }) {
  const { t, language, locale } = useI18n();
  const narrow = useMediaQuery("(max-width: 36em)");
  const { soon, standing, starts_at: startsAt, ends_at: endsAt } = form.values;
  // The visible label alone would hide the chosen time from a screen reader.
  const spoken = (label: string, value: string | null) => {
    const date = fromPicker(value);
    return date === null ? label : `${label}: ${formatDateTime(date.toISOString(), locale)}`;
  };
  const shared = {
    valueFormat: language === "de" ? "dd, D. MMMM YYYY, HH:mm" : "ddd, D MMMM YYYY, HH:mm",
    timePickerProps: { "aria-label": t("field.time"), withDropdown: false },
    submitButtonProps: { "aria-label": t("action.ok") },
    ariaLabels: { nextMonth: t("date.nextMonth"), previousMonth: t("date.previousMonth"), monthLevelControl: t("date.months"), yearLevelControl: t("date.years"), nextYear: t("date.nextYear"), previousYear: t("date.previousYear"), nextDecade: t("date.nextDecade"), previousDecade: t("date.previousDecade") },
    highlightToday: true,
    leftSection: <CalendarIcon />,
    leftSectionPointerEvents: "none" as const,
    required: true,
    // A calendar does not fit below its field on a phone.
    dropdownType: narrow ? ("modal" as const) : ("popover" as const),
    modalProps: { title: t("request.when"), closeButtonProps: { "aria-label": t("action.close") } },
  };
  return (
    <Section title={t("request.when")} hint={t("request.zone", { zone: timeZoneName() })}>
      <DatesProvider settings={{ locale: language, firstDayOfWeek: 1 }}>
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          <Stack gap="sm">
            <DateTimePicker
              {...shared}
              {...named("start")}
              label={t("field.start")}
              aria-label={spoken(t("field.start"), startsAt)}
              minDate={new Date()}
              disabled={soon}
              {...form.getInputProps("starts_at")}
              error={soon ? null : form.errors["starts_at"]}
            />
            <Switch label={t("field.soon")} {...form.getInputProps("soon", { type: "checkbox" })} />
          </Stack>
          <Stack gap="sm">
            <DateTimePicker
              {...shared}
              {...named("end")}
              label={t("field.end")}
              aria-label={spoken(t("field.end"), endsAt)}
              minDate={fromPicker(startsAt) ?? new Date()}
              disabled={standing}
              {...form.getInputProps("ends_at")}
              error={standing ? null : form.errors["ends_at"]}
            />
            <Switch label={t("field.standing")} {...form.getInputProps("standing", { type: "checkbox" })} />
          </Stack>
        </SimpleGrid>
      </DatesProvider>
    </Section>
  );
}
