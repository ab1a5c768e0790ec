import { Text } from "@mantine/core";
import type { CourseEvent } from "../api/types";
import { useI18n } from "../i18n/context";
import { eventSentence } from "../i18n/events";
import { When } from "./when";

/** What happened, newest first. */
export function Timeline({ events, label }: { events: CourseEvent[]; label: string }) {
  const { language } = useI18n();
  return (
    <ol className="carrel-timeline" aria-label={label} reversed>
      {[...events].sort((one, other) => other.id - one.id).map((event) => {
        const sentence = eventSentence(event, language);
        return (
          <li key={event.id}>
            <Text size="sm">{sentence}</Text>
            <Text size="xs" c="dimmed">
              <When at={event.at} />
              {event.actor !== null && !sentence.startsWith(`${event.actor} `) && ` · ${event.actor}`}
            </Text>
          </li>
        );
      })}
    </ol>
  );
}
