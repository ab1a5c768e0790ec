import type { ReactNode } from "react";
import { Navigate, useLocation } from "react-router-dom";
import { useMe } from "../api/session";
import type { Me, Role } from "../api/types";
import { NotFoundPage } from "../pages/not_found_page";
import { loginPath } from "../lib/next_path";
import { PageError } from "./error_notice";

interface RequireLoginProps {
  /** Who lacks this role sees the page as if it did not exist. */
  needs?: Role;
  children: (me: Me) => ReactNode;
}

export function RequireLogin({ needs, children }: RequireLoginProps) {
  const me = useMe();
  const location = useLocation();
  if (me.isError) return <PageError error={me.error} retry={() => void me.refetch()} />;
  if (me.data === undefined) return null;
  if (me.data === null) return <Navigate to={loginPath(location.pathname + location.search)} replace />;
  if (needs !== undefined && !me.data.roles.includes(needs)) return <NotFoundPage />;
  return children(me.data);
}
