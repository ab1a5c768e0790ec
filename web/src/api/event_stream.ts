import { useEffect, useRef } from "react";
import { withToken } from "./client";

/**
 * Follows a stream of server-sent events while `active`. The browser reconnects by itself and
 * says where it left off; `onClosed` is called when the server refuses for good.
 */
export function useEventStream<T>(
  path: string,
  active: boolean,
  onEvent: (event: T) => void,
  onClosed?: () => void,
): void {
  const handlers = useRef({ onEvent, onClosed });
  useEffect(() => {
    handlers.current = { onEvent, onClosed };
  });
  useEffect(() => {
    if (!active) return undefined;
    const source = new EventSource(path.startsWith("/c/") ? withToken(path) : path);
    source.onmessage = (message: MessageEvent<string>) => {
      let event: T;
      try {
        event = JSON.parse(message.data) as T;
      } catch {
        return;
      }
      handlers.current.onEvent(event);
    };
    source.onerror = () => {
      if (source.readyState === EventSource.CLOSED) handlers.current.onClosed?.();
    };
    return () => source.close();
  }, [path, active]);
}
