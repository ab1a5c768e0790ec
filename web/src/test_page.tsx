import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render } from "@testing-library/react";
import type { ReactNode } from "react";
import { MemoryRouter } from "react-router-dom";
import { vi } from "vitest";
import { I18nProvider } from "./i18n/context";
import { routerFuture } from "./lib/router_future";
import { theme } from "./theme";

/** What the fake server answers, by "METHOD /path". */
type Answer = [status: number, body: unknown];
export type Answers = Record<string, (body: unknown) => Answer | Promise<Answer>>;

/** Puts `answers` in place of the server; a call nobody expected is a 404. */
export function serve(answers: Answers): void {
  vi.stubGlobal("fetch", async (input: string, init?: RequestInit) => {
    const path = input.split("?")[0] ?? "";
    const answer = answers[`${init?.method ?? "GET"} ${path}`];
    const sent: unknown = typeof init?.body === "string" ? JSON.parse(init.body) : undefined;
    const [status, body] = answer === undefined ? [404, { detail: `no such path: ${path}` }] : await answer(sent);
    return new Response(body === null ? null : JSON.stringify(body), { status });
  });
}

/** Shows something in the frame it lives in, without transitions. */
export function show(children: ReactNode, path = "/") {
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  return render(
    <QueryClientProvider client={queries}>
      <MantineProvider theme={theme} env="test">
        <I18nProvider>
          <MemoryRouter future={routerFuture} initialEntries={[path]}>{children}</MemoryRouter>
        </I18nProvider>
      </MantineProvider>
    </QueryClientProvider>,
  );
}

/** Stands in for the browser's EventSource; tests say what arrives. */
export class FakeEventSource {
  static readonly CLOSED = 2;
  static open: FakeEventSource[] = [];
  onmessage: ((message: { data: string }) => void) | null = null;
  onerror: (() => void) | null = null;
  readyState = 1;

  constructor(readonly url: string) {
    FakeEventSource.open.push(this);
  }

  arrive(event: unknown): void {
    this.onmessage?.({ data: JSON.stringify(event) });
  }

  close(): void {
    this.readyState = FakeEventSource.CLOSED;
    FakeEventSource.open = FakeEventSource.open.filter((source) => source !== this);
  }
}

export function fakeEventSource(): void {
  FakeEventSource.open = [];
  vi.stubGlobal("EventSource", FakeEventSource);
}
