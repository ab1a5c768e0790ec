import { MantineProvider } from "@mantine/core";
import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { lazy } from "react";
import { BrowserRouter, Route, Routes, useLocation, type Location } from "react-router-dom";
import { useOptions } from "./api/courses";
import { ApiError, isStatus } from "./api/error";
import { meKey, watchSession } from "./api/session";
import { RequireLogin } from "./components/require_login";
import { Shell } from "./components/shell";
import { I18nProvider } from "./i18n/context";
import { CoursePage } from "./pages/course_page";
import { HomePage } from "./pages/home_page";
import { HubPendingPage } from "./pages/hub_pending_page";
import { isRootHubPath, pathBySlug } from "./lib/hub_place";
import { LoginPage } from "./pages/login_page";
import { NotFoundPage } from "./pages/not_found_page";
import { routerFuture } from "./lib/router_future";
import { cssVariables, theme } from "./theme";

const RequestCoursePage = lazy(() => import("./pages/request_course_page"));
const ManageCoursePage = lazy(() => import("./pages/manage_course_page"));
const GovernancePage = lazy(() => import("./pages/governance_page"));
const AdminPage = lazy(() => import("./pages/admin_page"));
const AccessPage = lazy(() => import("./pages/access_page"));
const ProfilePage = lazy(() => import("./pages/profile_page"));
const HubAdminPage = lazy(() => import("./pages/hub_admin_page"));
const HubTokenPage = lazy(() => import("./pages/hub_token_page"));
const ForgotPasswordPage = lazy(() => import("./pages/forgot_password_page"));
const ResetPasswordPage = lazy(() => import("./pages/reset_password_page"));
const ConfirmEmailPage = lazy(() => import("./pages/confirm_email_page"));
const JoinPage = lazy(() => import("./pages/join_page"));

/** A session may end at any time: whoever hears 401 asks again who is logged in. */
function sessionMayHaveEnded(error: unknown): void {
  if (isStatus(error, 401)) void queries.invalidateQueries({ queryKey: meKey });
}

const queries: QueryClient = new QueryClient({
  queryCache: new QueryCache({ onError: sessionMayHaveEnded }),
  mutationCache: new MutationCache({
    onError: (error, _variables, _context, mutation) => {
      if (mutation.meta?.["public"] !== true) sessionMayHaveEnded(error);
    },
  }),
  defaultOptions: {
    queries: {
      staleTime: 2_000,
      // An answer is an answer; only silence and a busy server are worth asking twice.
      retry: (count, error) =>
        count < 2 && (!(error instanceof ApiError) || error.kind === "network" || error.status >= 502),
    },
  },
});
watchSession(queries);

export function App() {
  return (
    <QueryClientProvider client={queries}>
      <MantineProvider theme={theme} cssVariablesResolver={cssVariables} defaultColorScheme="auto">
        <I18nProvider>
          <BrowserRouter future={routerFuture}>
            <Pages />
          </BrowserRouter>
        </I18nProvider>
      </MantineProvider>
    </QueryClientProvider>
  );
}

/** JupyterHub's addresses; the hub itself has looked who comes before it shows these pages. */
const hubPages = (
  <>
    <Route path="home" element={<RequireLogin>{(me) => <CoursePage me={me} />}</RequireLogin>} />
    <Route path="spawn-pending/:username?/:server?" element={<RequireLogin>{(me) => <HubPendingPage me={me} />}</RequireLogin>} />
    <Route path="token" element={<RequireLogin>{(me) => <HubTokenPage me={me} />}</RequireLogin>} />
    <Route path="admin" element={<RequireLogin>{() => <HubAdminPage />}</RequireLogin>} />
  </>
);

export function Pages() {
  const location = useLocation();
  return isRootHubPath(location.pathname) ? <RootHubPages location={location} /> : <AllPages location={location} />;
}

/** The pages of the hub that is at "/", as those of its course. */
function RootHubPages({ location }: { location: Location }) {
  const options = useOptions();
  if (options.isPending) return null;
  return <AllPages location={{ ...location, pathname: pathBySlug(location.pathname, options.data?.hub.root_course ?? null) }} />;
}

function AllPages({ location }: { location: Location }) {
  return (
    <Routes location={location}>
      <Route element={<Shell />}>
        <Route index element={<HomePage />} />
        <Route path="login" element={<LoginPage />} />
        <Route path="forgot-password" element={<ForgotPasswordPage />} />
        <Route path="reset-password" element={<ResetPasswordPage />} />
        <Route path="confirm-email" element={<ConfirmEmailPage />} />
        <Route path="join/:code" element={<JoinPage />} />
        <Route path="courses/new" element={<RequireLogin needs="leader">{() => <RequestCoursePage />}</RequireLogin>} />
        <Route path="courses/:slug" element={<RequireLogin>{(me) => <CoursePage me={me} />}</RequireLogin>} />
        <Route path="courses/:slug/manage" element={<RequireLogin>{() => <ManageCoursePage />}</RequireLogin>} />
        <Route path="governance" element={<RequireLogin needs="administrator">{(me) => <GovernancePage me={me} />}</RequireLogin>} />
        <Route path="admin" element={<RequireLogin needs="administrator">{(me) => <AdminPage me={me} />}</RequireLogin>} />
        <Route path="admin/access" element={<RequireLogin needs="administrator">{() => <AccessPage />}</RequireLogin>} />
        <Route path="profile" element={<RequireLogin>{(me) => <ProfilePage me={me} />}</RequireLogin>} />
        <Route path="c/:slug/hub">{hubPages}</Route>
        <Route path="*" element={<NotFoundPage />} />
      </Route>
    </Routes>
  );
}
