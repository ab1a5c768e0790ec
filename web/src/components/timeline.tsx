import { Text } from "@mantine/core";
import type { CourseEvent } from "../api/types";
import { asSentence } from "../api/error";
import { When } from "./when";

/** A sentence may begin with a user name, which stays as it is written. */
function sentenceOf({ message, actor, subject }: CourseEvent): string {
  const named = [actor, subject].some((name) => name !== null && message.startsWith(`${name} `));
  return named ? message : asSentence(message);
}

/** What happened, newest first. */
export function Timeline({ events, label }: { events: CourseEvent[]; label: string }) {
  return (
    <ol className="carrel-timeline" aria-label={label} reversed>
      {[...events].sort((one, other) => other.id - one.id).map((event) => (
        <li key={event.id}>
          <Text size="sm">{sentenceOf(event)}</Text>
          <Text size="xs" c="dimmed">
            <When at={event.at} />
            {event.actor !== null && ` · ${event.actor}`}
          </Text>
        </li>
      ))}
    </ol>
  );
}
