import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import { apiPath } from "./client";
import { courseKey } from "./courses";
import { useEventStream } from "./event_stream";
import { usePaged } from "./paged";
import { participantsKey } from "./participants";
import type { CourseEvent } from "./types";

/** The events of both lists in order, each once. */
export function mergeEvents(earlier: CourseEvent[], later: CourseEvent[]): CourseEvent[] {
  const byId = new Map(earlier.map((event) => [event.id, event]));
  for (const event of later) byId.set(event.id, event);
  return [...byId.values()].sort((one, other) => one.id - other.id);
}

/** A course's timeline, live: what is stored, and each event as it happens. */
export function useTimeline(slug: string) {
  const queries = useQueryClient();
  const path = apiPath("courses", slug, "events");
  const stored = usePaged<CourseEvent>(["events", slug], path, {}, { limit: 200 });
  const [live, setLive] = useState<CourseEvent[]>([]);
  const onEvent = useCallback(
    (event: CourseEvent) => {
      setLive((events) => mergeEvents(events, [event]));
      void queries.invalidateQueries({ queryKey: courseKey(slug) });
      void queries.invalidateQueries({ queryKey: participantsKey(slug) });
    },
    [queries, slug],
  );
  useEventStream<CourseEvent>(path, stored.isSuccess, onEvent);
  return { ...stored, items: stored.items && mergeEvents(stored.items, live) };
}
