import { useParams, useSearchParams } from "react-router-dom";
import type { Me } from "../api/types";
import { Page } from "../components/page";
import { ServerPanel } from "../components/server_panel";
import { useI18n } from "../i18n/context";
import { useHub } from "../lib/hub_place";
import { localPath } from "../lib/next_path";

/** Where /hub/spawn leads: how far a server is, and on to it. */
export function HubPendingPage({ me }: { me: Me }) {
  const { t } = useI18n();
  const { username = me.username, server = "" } = useParams();
  const hub = useHub();
  const [parameters] = useSearchParams();
  if (hub === null) return null;
  const own = username === me.username;
  const front = hub.serverPath(username, server);
  const wanted = localPath(parameters.get("next"), front);
  return (
    <Page
      title={own ? t("hub.pendingTitle") : t("hub.pendingTitleOf", { name: username })}
      lead={t("hub.pendingLead")}
      size="sm"
    >
      <ServerPanel slug={hub.slug} username={username} server={server} own={own} goTo={wanted.startsWith(hub.base) ? wanted : front} watchOnly />
    </Page>
  );
}
