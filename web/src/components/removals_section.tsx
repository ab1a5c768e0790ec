import { Badge, Text } from "@mantine/core";
import { asSentence } from "../api/error";
import { useBringBack, useRemovals, type Removal } from "../api/removals";
import { useI18n } from "../i18n/context";
import { ConfirmButton } from "./confirm_button";
import { Section } from "./section";
import { When } from "./when";

/** Who has been removed; nothing while there is nobody. */
export function RemovalsSection() {
  const { t } = useI18n();
  const removals = useRemovals();
  if (removals.items === undefined || removals.items.length === 0) return null;
  return (
    <Section title={t("removal.list")} hint={t("removal.listHint")}>
      <ul className="carrel-list" data-testid="removals">
        {removals.items.map((removal) => (
          <RemovalRow key={`${removal.username} ${removal.ordered_at}`} removal={removal} />
        ))}
      </ul>
    </Section>
  );
}

function RemovalRow({ removal }: { removal: Removal }) {
  const { t } = useI18n();
  const bringBack = useBringBack();
  const { username, finished_at: finished, problem } = removal;
  return (
    <li className="carrel-row" data-testid={`removal-${username}`}>
      <div className="carrel-grow">
        <Text fw={600}>
          {username}{" "}
          <Badge variant="light" color={problem !== null ? "claret" : finished === null ? "brass" : "gray"}>
            {t(problem !== null ? "removal.stuck" : finished === null ? "removal.underWay" : `removal.done.${removal.leftovers}`)}
          </Badge>
        </Text>
        <Text size="sm" c="dimmed" component="div">
          {t("removal.by", { name: removal.ordered_by ?? t("removal.machine") })} <When at={removal.ordered_at} relative />
        </Text>
        {problem !== null && <Text size="sm">{asSentence(problem)}</Text>}
      </div>
      {finished !== null && removal.leftovers === "keep" && (
        <ConfirmButton
          variant="default"
          size="compact-sm"
          color="moss"
          label={t("removal.back")}
          aria-label={t("removal.backOf", { name: username })}
          title={t("removal.backTitle", { name: username })}
          text={t("removal.backText")}
          testId={`bring-back-${username}`}
          onConfirm={() => bringBack.mutateAsync(username)}
        />
      )}
    </li>
  );
}
