import { useEffect, useState } from "react";

/** What stands behind "#" of a link in a message. Taken out of the address then: nobody is to read it there. */
export function useLinkToken(): string {
  const [token] = useState(() => window.location.hash.slice(1));
  // After the page is there: it may be made twice before.
  useEffect(() => {
    if (window.location.hash !== "") window.history.replaceState(window.history.state, "", window.location.pathname);
  }, []);
  return token;
}
