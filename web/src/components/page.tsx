import { Container, Group, Stack, Text, Title } from "@mantine/core";
import { useEffect, useRef, type ReactNode } from "react";
import { useLocation } from "react-router-dom";

interface PageProps {
  title: string;
  /** A line under the title. */
  lead?: ReactNode;
  /** What stands beside the title: a badge, a button. */
  aside?: ReactNode;
  size?: "xs" | "sm" | "md" | "lg";
  /** False where something on the page takes the focus itself. */
  focusHeading?: boolean;
  children: ReactNode;
}

/**
 * The frame of every page. It names the browser's tab, and moves the focus to the heading when
 * one page follows another, so that a screen reader says where one has arrived.
 */
export function Page({ title, lead, aside, size = "lg", focusHeading = true, children }: PageProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  const { key } = useLocation();

  useEffect(() => {
    document.title = `${title} · Carrel`;
  }, [title]);

  useEffect(() => {
    if (key === "default") return;
    window.scrollTo({ top: 0 });
    if (focusHeading) heading.current?.focus({ preventScroll: true });
    // Only arriving at a page moves the focus, not a later change of its address.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, []);

  return (
    <Container size={size} py={{ base: "lg", sm: "xl" }} px={{ base: "md", sm: "lg" }}>
      <Stack gap="lg">
        <Group justify="space-between" align="flex-start" gap="sm">
          <div style={{ minWidth: 0 }}>
            <Title order={1} ref={heading} tabIndex={-1}>
              {title}
            </Title>
            {lead !== undefined && (
              <Text c="dimmed" mt={4} component="div">
                {lead}
              </Text>
            )}
          </div>
          {aside}
        </Group>
        {children}
      </Stack>
    </Container>
  );
}
