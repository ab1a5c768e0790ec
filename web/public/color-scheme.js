// Sets the colour scheme before the first paint. A file of its own, as the content security
// policy allows no inline scripts. The key is the one Mantine stores the choice under.
(function () {
  var scheme = "auto";
  try {
    scheme = window.localStorage.getItem("mantine-color-scheme-value") || "auto";
  } catch {
    // Storage may be forbidden; the system's scheme serves then.
  }
  if (scheme !== "light" && scheme !== "dark") {
    scheme = window.matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  }
  document.documentElement.setAttribute("data-mantine-color-scheme", scheme);
})();
