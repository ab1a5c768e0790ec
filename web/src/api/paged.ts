import { useInfiniteQuery } from "@tanstack/react-query";
import { get } from "./client";
import type { Page } from "./types";

export interface PagedOptions {
  enabled?: boolean;
  refetchInterval?: number | false;
  limit?: number;
}

/** A list of the API, page by page. */
export function usePaged<T>(
  queryKey: readonly unknown[],
  path: string,
  filters: Record<string, string> = {},
  options: PagedOptions = {},
) {
  const query = useInfiniteQuery({
    queryKey: [...queryKey, filters],
    initialPageParam: "",
    queryFn: ({ pageParam }) => {
      const parameters = new URLSearchParams({ ...filters, limit: String(options.limit ?? 50) });
      if (pageParam !== "") parameters.set("after", pageParam);
      return get<Page<T>>(`${path}?${parameters.toString()}`);
    },
    getNextPageParam: (page) => page.next,
    enabled: options.enabled ?? true,
    refetchInterval: options.refetchInterval ?? false,
  });
  return { ...query, items: query.data?.pages.flatMap((page) => page.items) };
}

export type PagedQuery<T> = ReturnType<typeof usePaged<T>>;
