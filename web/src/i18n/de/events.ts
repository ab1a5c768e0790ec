/**
 * Was geschehen ist, nach der Art des Ereignisses oder nach dessen Schritt. `{message}` ist der Satz des Programms
 * selbst: Gründe gibt es nur auf Englisch. Was hier fehlt, wird ganz auf Englisch gezeigt.
 */
export const events: Record<string, string> = {
  course_requested: "{actor} hat den Kurs beantragt",
  course_accepted: "{actor} hat den Kurs angenommen",
  course_rejected: "{actor} hat den Kurs abgelehnt",
  course_canceled: "{actor} hat den Kurs abgesagt",
  course_lapsed: "Das Ende war vorüber, ehe der Hub bereitgestellt war",
  deploy_requested: "{actor} hat die Bereitstellung angefordert",
  redeploy_requested: "{actor} hat eine neue Bereitstellung angefordert",
  degrade_requested: "{actor} hat das Ende des Kurses angefordert",
  deploy_started: "Die Bereitstellung beginnt",
  deployed: "Der Hub ist da",
  degrade_started: "Der Abbau beginnt",
  degraded: "Der Hub ist abgebaut; die Exporte bleiben",
  failed: "Fehlgeschlagen: {message}",
  homes_restored: "Aus Exporten wiederhergestellte Ordner: {people}",
  homes_ready: "Ordner, die bereit sind: {people}",
  homes_exported: "Exportierte und geprüfte Ordner: {people}",
  homes_deleted: "Gelöschte Ordner: {people}",
  home_exported: "Der Ordner von {subject} ist exportiert: {files} Dateien",
  takeout_downloaded: "{actor} hat die Arbeit von {subject} heruntergeladen",

  signed_up: "{actor} hat sich über die Einladung angemeldet",
  user_created_by_login: "{actor} hat sich mit {login} ein Konto angelegt",
  login_joined: "{actor} kann sich jetzt mit {login} anmelden",
  login_parted: "{actor} kann sich nicht mehr mit {login} anmelden",
  user_created: "{actor} hat das Konto {subject} angelegt",
  invitation_rotated: "{actor} hat den Einladungslink ersetzt",
  application_made: "{actor} hat sich beworben",
  application_accepted: "{actor} hat {subject} angenommen",
  application_rejected: "{actor} hat {subject} abgelehnt",
  participant_removed: "{actor} hat {subject} aus dem Kurs entfernt",

  server_requested: "Ein Server ist angefordert",
  server_started: "Der Server läuft",
  server_stopped: "Der Server ist gestoppt",
  server_culled: "Der Server ist gestoppt, weil er nicht benutzt wurde; die Dateien bleiben",
  server_failed: "Der Server ist fehlgeschlagen: {message}",
  server_entered: "{actor} hat den Server von {subject} betreten",

  logged_in: "{actor} hat sich angemeldet",
  logged_out: "{actor} hat sich abgemeldet",
  token_created: "{actor} hat ein API-Token erzeugt",
  token_deleted: "{actor} hat ein API-Token gelöscht",
};
