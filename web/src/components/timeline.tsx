import { Text } from "@mantine/core";
import type { CourseEvent } from "../api/types";
import { asSentence } from "../api/error";
import { When } from "./when";

/** What happened, newest first. */
export function Timeline({ events, label }: { events: CourseEvent[]; label: string }) {
  return (
    <ol className="carrel-timeline" aria-label={label} reversed>
      {[...events].reverse().map((event) => (
        <li key={event.id}>
          <Text size="sm">{asSentence(event.message)}</Text>
          <Text size="xs" c="dimmed">
            <When at={event.at} />
            {event.actor !== null && ` · ${event.actor}`}
          </Text>
        </li>
      ))}
    </ol>
  );
}
