import { Card, SimpleGrid, Text } from "@mantine/core";
import type { Overview } from "../api/overview";
import type { CourseState } from "../api/types";
import { useI18n } from "../i18n/context";
import { formatBytes, formatDuration, formatNumber } from "../lib/format";

function Figure({ name, value, detail }: { name: string; value: string; detail?: string }) {
  return (
    <Card p="md" role="group" aria-label={name}>
      <Text size="sm" c="dimmed">
        {name}
      </Text>
      <Text fz={26} fw={600} ff="heading" lh={1.3}>
        {value}
      </Text>
      {detail !== undefined && (
        <Text size="sm" c="dimmed">
          {detail}
        </Text>
      )}
    </Card>
  );
}

/** The platform in numbers. */
export function OverviewNumbers({ overview }: { overview: Overview }) {
  const { t, locale } = useI18n();
  const { machine, servers } = overview;
  const number = (value: number) => formatNumber(value, locale, 2);
  const states = Object.entries(overview.courses) as [CourseState, number][];
  const courses = states.reduce((sum, [, count]) => sum + count, 0);
  const load = Array.isArray(machine.load) ? (machine.load[0] ?? 0) : machine.load;
  return (
    <SimpleGrid cols={{ base: 2, sm: 3 }}>
      <Figure
        name={t("admin.courses")}
        value={number(courses)}
        detail={states
          .filter(([, count]) => count > 0)
          .map(([state, count]) => `${t(`state.${state}`)} ${number(count)}`)
          .join(" · ")}
      />
      <Figure
        name={t("admin.servers")}
        value={number(servers.running)}
        detail={t("admin.serversDetail", { starting: number(servers.starting), queued: number(servers.queued) })}
      />
      <Figure name={t("admin.users")} value={number(overview.users)} />
      <Figure
        name={t("admin.memory")}
        value={formatBytes(machine.memory_available_bytes, locale)}
        detail={t("admin.ofTotal", { total: formatBytes(machine.memory_bytes, locale) })}
      />
      <Figure name={t("admin.disk")} value={formatBytes(machine.disk_free_bytes, locale)} />
      <Figure
        name={t("admin.load")}
        value={number(load)}
        detail={t("admin.loadDetail", { cpus: number(machine.cpus), uptime: formatDuration(overview.uptime_seconds, locale) })}
      />
    </SimpleGrid>
  );
}
