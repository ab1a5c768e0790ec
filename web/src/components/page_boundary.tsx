import { Button, Container, Text, Title } from "@mantine/core";
import { Component, type ReactNode } from "react";
import { useI18n } from "../i18n/context";

interface PageBoundaryProps {
  /** Another place is another chance. */
  place: string;
  children: ReactNode;
}

interface PageBoundaryState {
  failedAt: string | null;
}

/**
 * Keeps the frame when a page cannot be shown: a mistake of ours, or, after an upgrade of the
 * server, a page whose code is no longer there under its old name.
 */
export class PageBoundary extends Component<PageBoundaryProps, PageBoundaryState> {
  override state: PageBoundaryState = { failedAt: null };

  override componentDidUpdate(): void {
    const { failedAt } = this.state;
    if (failedAt !== null && failedAt !== this.props.place) this.setState({ failedAt: null });
  }

  override componentDidCatch(): void {
    this.setState({ failedAt: this.props.place });
  }

  static getDerivedStateFromError(): PageBoundaryState {
    return { failedAt: "" };
  }

  override render(): ReactNode {
    return this.state.failedAt === null ? this.props.children : <Failed />;
  }
}

function Failed() {
  const { t } = useI18n();
  return (
    <Container size="sm" py="xl" role="alert">
      <Title order={1} mb="xs">
        {t("error.pageTitle")}
      </Title>
      <Text mb="md">{t("error.page")}</Text>
      <Button onClick={() => window.location.reload()}>{t("error.reload")}</Button>
    </Container>
  );
}
