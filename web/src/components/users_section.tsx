import { Badge, Button, Checkbox, Group, Switch, Text } from "@mantine/core";
import { Link } from "react-router-dom";
import { useChangeUser, useUsers } from "../api/account";
import type { Me, Role, User } from "../api/types";
import { useI18n } from "../i18n/context";
import { ErrorNotice } from "./error_notice";
import { NewUserButton } from "./new_user_button";
import { PagedView } from "./query_view";
import { RemoveUser } from "./remove_user";
import { Section } from "./section";
import { When } from "./when";

export function UsersSection({ me }: { me: Me }) {
  const { t } = useI18n();
  const users = useUsers();
  return (
    <Section
      title={t("admin.users")}
      aside={
        <Group gap="xs">
          <Button component={Link} to="/admin/access" variant="default" size="compact-md" data-testid="access-link">
            {t("access.title")}
          </Button>
          <NewUserButton />
        </Group>
      }
    >
      <PagedView query={users} empty={t("admin.noUsers")}>
        {(items) => (
          <ul className="carrel-list">
            {items.map((user) => (
              <UserRow key={user.username} user={user} own={user.username === me.username} />
            ))}
          </ul>
        )}
      </PagedView>
    </Section>
  );
}

/** Nobody changes the own roles here: one would lock oneself out. */
function UserRow({ user, own }: { user: User; own: boolean }) {
  const { t } = useI18n();
  const change = useChangeUser(user.username);
  const toggle = (role: Role, on: boolean) =>
    change.mutate({ roles: on ? [...user.roles, role] : user.roles.filter((one) => one !== role) });
  const roles: Role[] = ["leader", "administrator"];
  return (
    <li className="carrel-row" data-testid={`user-${user.username}`}>
      <div className="carrel-grow">
        <Text fw={600} td={user.disabled ? "line-through" : undefined}>
          {user.display_name || user.username}{" "}
          <Text span c="dimmed" fw={400} size="sm">
            {user.username}
          </Text>{" "}
          {user.admission !== undefined && user.admission !== "allowed" && (
            <Badge color="claret" variant="light">
              {t(`access.badge.${user.admission}`)}
            </Badge>
          )}
        </Text>
        <Text size="sm" c="dimmed" component="div">
          {user.email !== null && user.email !== "" && <>{user.email} · </>}
          {user.last_login_at === null ? (
            t("admin.neverIn")
          ) : (
            <>
              {t("admin.lastIn")} <When at={user.last_login_at} relative />
            </>
          )}
        </Text>
        <ErrorNotice error={change.error} />
      </div>
      {own ? (
        <Group gap="xs">
          {user.roles.map((role) => (
            <Badge key={role}>{t(`role.${role}`)}</Badge>
          ))}
          <Badge color="gray">{t("admin.you")}</Badge>
        </Group>
      ) : (
        <Group gap="md" role="group" aria-label={user.username}>
          {roles.map((role) => (
            <Checkbox
              key={role}
              label={t(`role.${role}`)}
              checked={user.roles.includes(role)}
              disabled={change.isPending}
              onChange={(event) => toggle(role, event.currentTarget.checked)}
            />
          ))}
          <Switch
            label={t("admin.enabled")}
            checked={!user.disabled}
            disabled={change.isPending}
            onChange={(event) => change.mutate({ disabled: !event.currentTarget.checked })}
          />
          <RemoveUser user={user} />
        </Group>
      )}
    </li>
  );
}
