import { useParams } from "react-router-dom";
import { useOptions } from "../api/courses";

/** The hub that a page is about, by its address. */
export interface HubPlace {
  slug: string;
  /** "/c/numerics/", or "/" for the one that the configuration puts there. */
  base: string;
  serverPath: (username: string, server: string) => string;
}

/** "/c/numerics/hub/home" for "/hub/home" of the course whose hub is at "/": so the pages find its slug. */
export function pathBySlug(path: string, rootCourse: string | null): string {
  return isRootHubPath(path) && rootCourse !== null ? `/c/${encodeURIComponent(rootCourse)}${path}` : path;
}

export function isRootHubPath(path: string): boolean {
  return path.startsWith("/hub/");
}

export function hubPlace(slug: string, rootCourse: string | null = null): HubPlace {
  const base = slug === rootCourse ? "/" : `/c/${encodeURIComponent(slug)}/`;
  return {
    slug,
    base,
    serverPath: (username, server) => {
      const front = `${base}user/${encodeURIComponent(username)}/`;
      return server === "" ? front : `${front}${encodeURIComponent(server)}/`;
    },
  };
}

export function useHub(): HubPlace | null {
  const { slug } = useParams();
  const options = useOptions();
  return slug === undefined || options.isPending ? null : hubPlace(slug, options.data?.hub.root_course);
}
