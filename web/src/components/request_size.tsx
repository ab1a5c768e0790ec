import { Input, NumberInput, SimpleGrid, Slider, Stack, Text } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { usePlan } from "../api/plan";
import type { Options, Range } from "../api/types";
import { useI18n } from "../i18n/context";
import { formatNumber } from "../lib/format";
import type { RequestFormApi } from "./request_form_state";
import { Section } from "./section";

/** For how many, and how much each; below it, what that comes to. */
export function RequestSize({ form, limits }: { form: RequestFormApi; limits: Options["limits"] }) {
  const { t } = useI18n();
  return (
    <Section title={t("request.size")} hint={t("request.sizeHint")}>
      <Stack gap="lg">
        <NumberInput
          label={t("field.participants")}
          min={limits.participants.min}
          max={limits.participants.max}
          clampBehavior="none"
          allowDecimal={false}
          allowNegative={false}
          required
          maw={240}
          {...form.getInputProps("expected_participants")}
        />
        <SimpleGrid cols={{ base: 1, sm: 3 }} spacing="xl">
          <Amount form={form} field="cpu" label={t("field.cpu")} unit={t("unit.cpu")} range={limits.cpu} />
          <Amount form={form} field="memory_gib" label={t("field.memory")} unit="GiB" range={limits.memory_gib} />
          <Amount form={form} field="storage_gib" label={t("field.storage")} unit="GiB" range={limits.storage_gib} />
        </SimpleGrid>
        <Preview form={form} />
        <Fit form={form} limits={limits} />
      </Stack>
    </Section>
  );
}

interface AmountProps {
  form: RequestFormApi;
  field: "cpu" | "memory_gib" | "storage_gib";
  label: string;
  unit: string;
  range: Range;
}

/** Fine steps where little is offered, coarse ones where much is. */
function stepOf(range: Range): number {
  if (range.max - range.min > 32) return 1;
  return range.min < 0.5 ? 0.25 : 0.5;
}

function Amount({ form, field, label, unit, range }: AmountProps) {
  const { locale } = useI18n();
  const value = form.values[field];
  const shown = `${formatNumber(value, locale, 2)} ${unit}`;
  return (
    <Input.Wrapper label={label} error={form.errors[field]} labelElement="div">
      <Text size="lg" fw={600} mb={6} aria-hidden>
        {shown}
      </Text>
      <Slider
        min={range.min}
        max={range.max}
        step={stepOf(range)}
        value={value}
        onChange={(next) => form.setFieldValue(field, next)}
        label={null}
        thumbLabel={label}
        thumbProps={{ "aria-valuetext": shown }}
        thumbSize={20}
      />
    </Input.Wrapper>
  );
}

function Preview({ form }: { form: RequestFormApi }) {
  const { t, tn, locale } = useI18n();
  const people = Number(form.values.expected_participants) || 0;
  const total = (each: number) => formatNumber(people * each, locale, 1);
  const rows: [string, string][] = [
    [t("field.cpu"), `${total(form.values.cpu)} ${t("unit.cpu")}`],
    [t("field.memory"), `${total(form.values.memory_gib)} GiB`],
    [t("field.storage"), `${total(form.values.storage_gib)} GiB`],
  ];
  return (
    <div aria-live="polite" className="carrel-total">
      <Text fw={600} mb={6}>
        {tn("request.total", people)}
      </Text>
      <dl className="carrel-facts" data-testid="size-preview">
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd style={{ fontSize: "1.15rem", fontWeight: 600 }}>{value}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

/** Whether this machine carries all of them at once; nothing while that is not known. */
function Fit({ form, limits }: { form: RequestFormApi; limits: Options["limits"] }) {
  const { t, tn } = useI18n();
  const people = Number(form.values.expected_participants);
  const { cpu, memory_gib, storage_gib } = form.values;
  const [question] = useDebouncedValue(
    {
      people: String(people),
      at_once_percent: "100",
      cpu: String(cpu),
      memory_gib: String(memory_gib),
      storage_gib: String(storage_gib),
    },
    300,
  );
  const askable = Number.isInteger(people) && people >= limits.participants.min && people <= limits.participants.max;
  const plan = usePlan(question, askable).data;
  if (plan === undefined || !askable) return null;
  return (
    <Text size="sm" c="dimmed" aria-live="polite" data-testid="size-fit">
      {tn("request.carries", plan.carries.at_once)}{" "}
      {plan.carries.homes < people ? tn("request.homes", plan.carries.homes) : null}{" "}
      {plan.fits ? t("request.fits") : t("request.tooSmall")}
    </Text>
  );
}
