import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { apiPath, get, request } from "./client";
import { usePaged, type PagedOptions } from "./paged";
import type { AllowedImages, Course, CourseAction, CourseRequest, CourseState, Export, Options } from "./types";

export function useOptions() {
  return useQuery({
    queryKey: ["options"],
    queryFn: () => get<Options>(apiPath("options")),
    staleTime: 300_000,
  });
}

/** The patterns of images that a leader may name in an environment; none while that is not known. */
export function useAllowedImages(environment: string): string[] {
  const query = useQuery({
    queryKey: ["images"],
    queryFn: () => get<AllowedImages>(apiPath("images")),
    staleTime: 60_000,
  });
  return query.data?.environments.find((one) => one.environment === environment)?.allowed ?? [];
}

export function courseKey(slug: string): string[] {
  return ["course", slug];
}

const onTheMove = new Set<CourseState>(["accepted", "deploying", "degrading"]);

export function useCourse(slug: string) {
  return useQuery({
    queryKey: courseKey(slug),
    queryFn: () => get<Course>(apiPath("courses", slug)),
    refetchInterval: (query) => {
      const state = query.state.data?.state;
      return state !== undefined && onTheMove.has(state) ? 3_000 : 20_000;
    },
  });
}

/** What the servers of a course are called, such as "JupyterLab"; nothing while that is not known. */
export function useEnvironmentTitle(slug: string): string | undefined {
  const options = useOptions();
  const name = useCourse(slug).data?.environment;
  return options.data?.environments.find((one) => one.name === name)?.title ?? name;
}

export function useCourses(filters: { state?: CourseState; mine?: "true" }, options: PagedOptions = {}) {
  const given: Record<string, string> = {};
  if (filters.state !== undefined) given["state"] = filters.state;
  if (filters.mine !== undefined) given["mine"] = filters.mine;
  return usePaged<Course>(["courses"], apiPath("courses"), given, options);
}

export function useRequestCourse() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (course: CourseRequest) => request<Course>("POST", apiPath("courses"), course),
    onSuccess: async (course) => {
      queries.setQueryData(courseKey(course.slug), course);
      await queries.invalidateQueries({ queryKey: ["courses"] });
    },
  });
}

export function useSlugCheck(slug: string, enabled: boolean) {
  return useQuery({
    queryKey: ["slug", slug],
    queryFn: () => get<{ available: boolean; problem: string | null }>(apiPath("slugs", slug)),
    enabled,
    staleTime: 10_000,
  });
}

type StateChange = Extract<
  CourseAction,
  "accept" | "reject" | "cancel" | "deploy" | "degrade" | "redeploy"
>;

/** Moves a course along; the server decides whether its state and the caller allow it. */
export function useCourseAction(slug: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (step: { action: StateChange; reason?: string }) =>
      request<Course>(
        "POST",
        apiPath("courses", slug, step.action),
        step.action === "reject" ? { reason: step.reason ?? "" } : {},
      ),
    onSuccess: (course) => queries.setQueryData(courseKey(slug), course),
    onSettled: async () => {
      await Promise.all([
        queries.invalidateQueries({ queryKey: ["courses"] }),
        queries.invalidateQueries({ queryKey: courseKey(slug) }),
      ]);
    },
  });
}

export function useExports(slug: string, enabled: boolean) {
  return usePaged<Export>(["exports", slug], apiPath("courses", slug, "exports"), {}, { enabled });
}

export function takeoutPath(slug: string, username?: string): string {
  const path = apiPath("courses", slug, "takeout");
  return username === undefined ? path : `${path}?user=${encodeURIComponent(username)}`;
}

export function folderPath(slug: string): string {
  return apiPath("courses", slug, "folder");
}
