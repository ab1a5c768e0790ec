import { act, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import type { HubServer } from "../api/hub_types";
import { FakeEventSource, fakeEventSource, serve, show, type Answers } from "../test_page";
import { ServerPanel } from "./server_panel";

const user = "/c/numerics/hub/api/users/ada";
let server: Partial<HubServer> | null = null;
let answers: Answers;

function start() {
  show(<ServerPanel slug="numerics" username="ada" own goTo={null} />);
}

async function stream(): Promise<FakeEventSource> {
  await waitFor(() => {
    expect(FakeEventSource.open).toHaveLength(1);
  });
  const [source] = FakeEventSource.open;
  if (source === undefined) throw new Error("no stream is open");
  return source;
}

beforeEach(() => {
  server = null;
  fakeEventSource();
  answers = {
    [`GET ${user}`]: () => [200, { name: "ada", pending: null, server: null, servers: server === null ? {} : { "": server } }],
    [`POST ${user}/server`]: () => {
      server = { name: "", ready: false, pending: "spawn", url: "/c/numerics/user/ada/", started: null, last_activity: null };
      return [202, {}];
    },
    [`DELETE ${user}/server`]: () => {
      server = null;
      return [204, null];
    },
  };
  serve(answers);
});

describe("ServerPanel", () => {
  it("tells how the start goes, from the queue to the open door", async () => {
    start();
    await userEvent.click(await screen.findByTestId("start-server"));
    const source = await stream();
    expect(source.url).toBe(`${user}/server/progress`);

    act(() => source.arrive({ progress: 0, message: "waiting", queue_position: 4 }));
    expect(screen.getByTestId("progress").textContent).toContain("number 4 in the queue");
    act(() => source.arrive({ progress: 60, message: "Starting JupyterLab" }));
    expect(screen.getByTestId("progress").textContent).toContain("Starting JupyterLab");

    server = { ...server, ready: true, pending: null };
    act(() => source.arrive({ progress: 100, message: "ready", ready: true, url: "/c/numerics/user/ada/" }));
    const open = await screen.findByTestId("open-server");
    expect(open.getAttribute("href")).toBe("/c/numerics/user/ada/");
    expect(FakeEventSource.open).toHaveLength(0);
  });

  it("explains a failed start, with the end of the log, and lets one try again", async () => {
    start();
    await userEvent.click(await screen.findByTestId("start-server"));
    const source = await stream();
    server = null;
    act(() => source.arrive({ progress: 100, failed: true, message: "the server ran out of memory", log_tail: "Killed" }));
    const failure = await screen.findByTestId("server-failure");
    expect(failure.textContent).toContain("The server ran out of memory.");
    expect(failure.textContent).toContain("Killed");
    expect(screen.getByTestId("start-server").textContent).toBe("Try again");
  });

  it("gives up a start, and shows no failure for it", async () => {
    let finish: (answer: [number, unknown]) => void = () => undefined;
    const post = answers[`POST ${user}/server`];
    answers[`POST ${user}/server`] = (body) => {
      void post?.(body);
      return new Promise((resolve) => {
        finish = resolve;
      });
    };
    start();
    await userEvent.click(await screen.findByTestId("start-server"));
    const source = await stream();
    act(() => source.arrive({ progress: 40, message: "Waiting for it to answer" }));
    await userEvent.click(screen.getByTestId("give-up-start"));
    act(() => source.arrive({ progress: 100, failed: true, message: "Stopped before it was ready" }));
    finish([503, { status: 503, message: "Stopped before it was ready" }]);
    expect(await screen.findByTestId("server-stopped")).toBeTruthy();
    expect(screen.queryByTestId("server-failure")).toBeNull();
    expect(screen.getByTestId("start-server").textContent).toBe("Start my server");
  });

  it("fetches the log when the hub's own answer came first", async () => {
    answers[`POST ${user}/server`] = () => [503, { status: 503, message: "the server did not answer in time" }];
    start();
    await userEvent.click(await screen.findByTestId("start-server"));
    const source = await stream();
    act(() => source.arrive({ progress: 100, failed: true, message: "the server did not answer in time", log_tail: "Traceback" }));
    await waitFor(() => {
      expect(screen.getByTestId("server-failure").textContent).toContain("Traceback");
    });
    expect(FakeEventSource.open).toHaveLength(0);
  });

  it("shows a failure again that happened before the page was loaded, until the next start", async () => {
    answers["GET /api/v1/courses/numerics/servers/ada"] = () => [200, { state: "failed", message: "the server ran out of memory", log_tail: "Killed" }];
    start();
    const failure = await screen.findByTestId("server-failure");
    expect(failure.textContent).toContain("The server ran out of memory.");
    expect(failure.textContent).toContain("Killed");
    await userEvent.click(screen.getByTestId("start-server"));
    expect(await screen.findByTestId("progress")).toBeTruthy();
    expect(screen.queryByTestId("server-failure")).toBeNull();
  });

  it("says why a server was stopped", async () => {
    answers["GET /api/v1/courses/numerics/servers/ada"] = () => [200, { state: "stopped", message: "stopped because it was not used", log_tail: null }];
    start();
    expect((await screen.findByTestId("server-stopped")).textContent).toBe("Stopped because it was not used.");
    expect(screen.queryByTestId("server-failure")).toBeNull();
  });

  it("says why a start was refused", async () => {
    answers[`POST ${user}/server`] = () => [403, { status: 403, message: "the course is over" }];
    start();
    await userEvent.click(await screen.findByTestId("start-server"));
    expect((await screen.findByTestId("server-failure")).textContent).toContain("The course is over.");
  });

  it("picks up a start that is under way", async () => {
    server = { name: "", ready: false, pending: "spawn", url: "/x", started: null, last_activity: null };
    start();
    await stream();
    expect(await screen.findByTestId("progress")).toBeTruthy();
  });

  it("stops only after asking", async () => {
    server = { name: "", ready: true, pending: null, url: "/c/numerics/user/ada/", started: null, last_activity: null };
    start();
    await userEvent.click(await screen.findByTestId("stop-server"));
    expect(server).not.toBeNull();
    await userEvent.click(await screen.findByTestId("confirm"));
    expect(await screen.findByTestId("start-server")).toBeTruthy();
  });

  it("says that an idle server will be stopped, and keeps it running for who wants it", async () => {
    const idle = { name: "", ready: true, pending: null, url: "/c/numerics/user/ada/", started: null, last_activity: null };
    server = { ...idle, stops_at: new Date(Date.now() + 300_500).toISOString() };
    answers[`POST ${user}/activity`] = () => {
      server = { ...idle, stops_at: null };
      return [200, {}];
    };
    start();
    expect((await screen.findByTestId("idle-notice")).textContent).toContain("It will be stopped in 5 minutes; the files are kept.");
    await userEvent.click(screen.getByTestId("keep-running"));
    await waitFor(() => expect(screen.queryByTestId("idle-notice")).toBeNull());
  });

  it("says what went wrong when it cannot", async () => {
    server = { name: "", ready: true, pending: null, url: "/x", started: null, last_activity: null, stops_at: new Date().toISOString() };
    answers[`POST ${user}/activity`] = () => [403, { status: 403, message: "the course is over" }];
    start();
    await userEvent.click(await screen.findByTestId("keep-running"));
    expect((await screen.findByRole("alert")).textContent).toContain("The course is over.");
  });

  it("starts nothing by itself", async () => {
    start();
    await screen.findByTestId("start-server");
    expect(FakeEventSource.open).toHaveLength(0);
  });
});
