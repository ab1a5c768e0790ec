import { Card, Group, Text, Title } from "@mantine/core";
import { useId, type ReactNode } from "react";

interface SectionProps {
  title: string;
  hint?: ReactNode;
  aside?: ReactNode;
  children: ReactNode;
}

/** A titled card: a landmark of its own for screen readers. */
export function Section({ title, hint, aside, children }: SectionProps) {
  const id = useId();
  return (
    <Card component="section" aria-labelledby={id} p={{ base: "md", sm: "lg" }}>
      <Group justify="space-between" align="flex-start" gap="xs" mb="sm">
        <div>
          <Title order={2} id={id}>
            {title}
          </Title>
          {hint !== undefined && (
            <Text c="dimmed" size="sm" mt={2} component="div">
              {hint}
            </Text>
          )}
        </div>
        {aside}
      </Group>
      {children}
    </Card>
  );
}
