import { Burger, Button, Container, Drawer, Group, Stack } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense } from "react";
import { Link, NavLink, Outlet, useLocation, useNavigate } from "react-router-dom";
import { useOptions } from "../api/courses";
import { adoptSession, useLogout, useMe } from "../api/session";
import type { Me } from "../api/types";
import { useI18n } from "../i18n/context";
import { loginPath } from "../lib/next_path";
import { Mark } from "./mark";
import { PageBoundary } from "./page_boundary";
import { LanguageSwitch, SchemeSwitch } from "./preferences";
import { Loading } from "./query_view";

const SecondFactorPage = lazy(() => import("../pages/second_factor_page"));

/** The places a person may go to, by their roles. */
function usePlaces(me: Me | null): { to: string; label: string }[] {
  const { t } = useI18n();
  if (me === null) return [];
  const leader = me.roles.includes("leader");
  const administrator = me.roles.includes("administrator");
  return [
    { to: "/", label: t("nav.courses") },
    ...(leader ? [{ to: "/courses/new", label: t("nav.request") }] : []),
    ...(administrator ? [{ to: "/governance", label: t("nav.governance") }, { to: "/admin", label: t("nav.admin") }] : []),
  ];
}

function Account({ me, onLeave }: { me: Me | null; onLeave?: () => void }) {
  const { t } = useI18n();
  const navigate = useNavigate();
  const location = useLocation();
  const logout = useLogout();
  const queries = useQueryClient();
  if (me === null) {
    if (location.pathname === "/login") return null;
    return (
      <Button component={Link} to={loginPath(location.pathname + location.search)} size="compact-md" onClick={onLeave}>
        {t("nav.login")}
      </Button>
    );
  }
  return (
    <>
      <NavLink to="/profile" className="carrel-nav-link" onClick={onLeave}>
        {me.display_name || me.username}
      </NavLink>
      <Button
        variant="default"
        size="compact-md"
        loading={logout.isPending}
        onClick={() =>
          logout.mutate(undefined, {
            onSuccess: (elsewhere) => {
              onLeave?.();
              if (elsewhere !== null) {
                window.location.assign(elsewhere);
                return;
              }
              // First away from a page that asks for a login, then out.
              navigate("/");
              adoptSession(queries, null);
            },
          })
        }
        data-testid="logout"
      >
        {t("nav.logout")}
      </Button>
    </>
  );
}

function Header({ me }: { me: Me | null }) {
  const { t } = useI18n();
  const places = usePlaces(me);
  const [opened, drawer] = useDisclosure(false);
  const links = (onClick?: () => void) =>
    places.map((place) => (
      <NavLink key={place.to} to={place.to} end className="carrel-nav-link" onClick={onClick}>
        {place.label}
      </NavLink>
    ));
  return (
    <header className="carrel-header">
      <Container size="lg" px={{ base: "md", sm: "lg" }}>
        <Group h={60} justify="space-between" wrap="nowrap">
          <Group gap="lg" wrap="nowrap">
            <Link to="/" className="carrel-brand">
              <Mark />
              Carrel
            </Link>
            <Group component="nav" gap={4} wrap="nowrap" visibleFrom="md" aria-label={t("nav.main")}>
              {links()}
            </Group>
          </Group>
          <Group gap="xs" wrap="nowrap" visibleFrom="md">
            <SchemeSwitch />
            <LanguageSwitch />
            <Account me={me} />
          </Group>
          <Burger hiddenFrom="md" opened={opened} onClick={drawer.toggle} aria-label={t("nav.menu")} size="sm" />
        </Group>
      </Container>
      <Drawer opened={opened} onClose={drawer.close} position="right" size="xs" title="Carrel" closeButtonProps={{ "aria-label": t("action.close") }}>
        <Stack gap="md">
          <Stack component="nav" gap={4} aria-label={t("nav.main")}>
            {links(drawer.close)}
          </Stack>
          <Group>
            <Account me={me} onLeave={drawer.close} />
          </Group>
          <Group>
            <LanguageSwitch />
            <SchemeSwitch />
          </Group>
        </Stack>
      </Drawer>
    </header>
  );
}

/** The frame around every page: skip link, header, the page, footer. */
export function Shell() {
  const { t } = useI18n();
  const me = useMe();
  const options = useOptions();
  const { pathname } = useLocation();
  return (
    <>
      <a className="carrel-skip" href="#main">
        {t("nav.skip")}
      </a>
      <Header me={me.data ?? null} />
      <main id="main" tabIndex={-1} className="carrel-main">
        <PageBoundary place={pathname}>
          <Suspense fallback={<Loading />}>{me.isPending ? <Loading /> : me.data?.lacks_second_factor === true ? <SecondFactorPage /> : <Outlet />}</Suspense>
        </PageBoundary>
      </main>
      <footer className="carrel-footer">
        <Container size="lg" py="md" px={{ base: "md", sm: "lg" }}>
          {t("nav.tagline")}
          {options.data !== undefined && ` · Carrel ${options.data.version}`}
        </Container>
      </footer>
    </>
  );
}
