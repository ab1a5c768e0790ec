import { useEffect, useState } from "react";

/** What stands behind "#" of a link in a message. Taken out of the address then: nobody is to read it there. */
export function useLinkToken(): string {
  const [token] = useState(() => window.location.hash.slice(1));
  // After the page is there: it may be made twice before.
  useEffect(() => {
    if (window.location.hash !== "") window.history.replaceState(window.history.state, "", window.location.pathname);
  }, []);
  // Another link in the same tab changes nothing but this part: the page begins anew with it.
  useEffect(() => {
    const begin = () => window.location.reload();
    window.addEventListener("hashchange", begin);
    return () => window.removeEventListener("hashchange", begin);
  }, []);
  return token;
}
