import { useForm, type UseFormReturnType } from "@mantine/form";
import type { CourseRequest, Options } from "../api/types";
import { useI18n } from "../i18n/context";
import { fromPicker, toPicker, toRfc3339 } from "../lib/local_time";
import * as rules from "../lib/validate";

export interface RequestValues {
  name: string;
  slug: string;
  description: string;
  environment: string;
  /** A container image instead of the environment's; empty: that one. */
  image: string;
  /** A part of the course folder for everybody to write in. */
  shared_folder: boolean;
  /** Start as soon as the course is accepted. */
  soon: boolean;
  starts_at: string | null;
  /** A standing hub has no end. */
  standing: boolean;
  ends_at: string | null;
  expected_participants: number | string;
  cpu: number;
  memory_gib: number;
  storage_gib: number;
}

export type RequestFormApi = UseFormReturnType<RequestValues>;

/** The next full hour on a morning one week ahead is a better guess than an empty field. */
function firstGuess(now: Date): { starts_at: string; ends_at: string } {
  const start = new Date(now.getFullYear(), now.getMonth(), now.getDate() + 7, 9);
  const end = new Date(now.getFullYear(), now.getMonth(), now.getDate() + 14, 18);
  return { starts_at: toPicker(start), ends_at: toPicker(end) };
}

export function useRequestForm(options: Options): RequestFormApi {
  const { t } = useI18n();
  const { limits } = options;
  const say = (problem: rules.Problem | null) => (problem === null ? null : t(problem.key, problem.params));
  const start = (values: RequestValues) => (values.soon ? new Date() : fromPicker(values.starts_at));
  return useForm<RequestValues>({
    initialValues: {
      name: "",
      slug: "",
      description: "",
      environment: options.environments[0]?.name ?? "",
      image: "",
      shared_folder: false,
      soon: false,
      ...firstGuess(new Date()),
      standing: false,
      expected_participants: limits.participants.default,
      cpu: limits.cpu.default,
      memory_gib: limits.memory_gib.default,
      storage_gib: limits.storage_gib.default,
    },
    validateInputOnChange: true,
    validate: {
      name: (name) => say(rules.checkName(name, limits.name)),
      slug: (slug) => say(rules.checkSlug(slug, limits.slug)),
      image: (image) => say(rules.checkImage(image)),
      description: (text) => say(rules.checkDescription(text, limits.description.max)),
      starts_at: (_, values) =>
        values.soon ? null : say(rules.checkStart(fromPicker(values.starts_at), new Date(), limits.start_within_days)),
      ends_at: (_, values) =>
        values.standing ? null : say(rules.checkEnd(fromPicker(values.ends_at), start(values))),
      expected_participants: (value) => say(rules.checkParticipants(value, limits.participants)),
    },
  });
}

/** A minute's grace for "as soon as accepted": clocks differ, and the past is refused. */
const graceMs = 60_000;

export function requestFromForm(values: RequestValues, now: Date): CourseRequest {
  const start = values.soon ? new Date(now.getTime() + graceMs) : (fromPicker(values.starts_at) ?? now);
  const end = values.standing ? null : fromPicker(values.ends_at);
  return {
    slug: values.slug,
    name: values.name.trim(),
    description: values.description.trim(),
    starts_at: toRfc3339(start),
    ends_at: end === null ? null : toRfc3339(end),
    expected_participants: Number(values.expected_participants),
    resources: { cpu: values.cpu, memory_gib: values.memory_gib, storage_gib: values.storage_gib },
    environment: values.environment,
    image: values.image.trim() === "" ? null : values.image.trim(),
    shared_folder: values.shared_folder,
  };
}
