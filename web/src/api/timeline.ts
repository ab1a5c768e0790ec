import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import { apiPath, get } from "./client";
import { courseKey } from "./courses";
import { useEventStream } from "./event_stream";
import { participantsKey } from "./participants";
import type { CourseEvent, Page } from "./types";

/** The events of both lists in order, each once. */
export function mergeEvents(earlier: CourseEvent[], later: CourseEvent[]): CourseEvent[] {
  const byId = new Map(earlier.map((event) => [event.id, event]));
  for (const event of later) byId.set(event.id, event);
  return [...byId.values()].sort((one, other) => one.id - other.id);
}

/**
 * A course's timeline, live: the first page at once, and everything after it, old and new, from
 * the stream.
 */
export function useTimeline(slug: string) {
  const queries = useQueryClient();
  const path = apiPath("courses", slug, "events");
  const stored = useQuery({
    queryKey: ["events", slug],
    queryFn: () => get<Page<CourseEvent>>(`${path}?limit=200`),
    staleTime: Infinity,
    gcTime: 0,
  });
  const [live, setLive] = useState<CourseEvent[]>([]);
  const onEvent = useCallback(
    (event: CourseEvent) => {
      setLive((events) => mergeEvents(events, [event]));
      void queries.invalidateQueries({ queryKey: courseKey(slug) });
      void queries.invalidateQueries({ queryKey: participantsKey(slug) });
    },
    [queries, slug],
  );
  const last = stored.data?.items.at(-1)?.id ?? 0;
  useEventStream<CourseEvent>(`${path}?after=${last}`, stored.isSuccess, onEvent);
  return {
    events: stored.data && mergeEvents(stored.data.items, live),
    error: stored.error,
    retry: () => void stored.refetch(),
  };
}
