/**
 * React Router's choices for its next major version. Navigation stays immediate: logging out
 * first leaves a page that asks for a login and only then forgets the session.
 */
export const routerFuture = { v7_startTransition: false, v7_relativeSplatPath: true };
