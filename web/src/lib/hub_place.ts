import { useParams } from "react-router-dom";

/** The hub that a page is about, by its address. */
export interface HubPlace {
  slug: string;
  /** "/c/numerics/". */
  base: string;
  serverPath: (username: string, server: string) => string;
}

export function hubPlace(slug: string, base = `/c/${encodeURIComponent(slug)}/`): HubPlace {
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
  return slug === undefined ? null : hubPlace(slug);
}
