import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from "@mantine/core";

/** Carrel's palette: the green of a reading lamp, its brass, paper, and ink. */

const lamp: MantineColorsTuple = [
  "#edf6f2", "#d9eae3", "#b3d5c8", "#8abfac", "#66ac94",
  "#479880", "#2f7d68", "#1f5c4d", "#184a3e", "#11382f",
];

const brass: MantineColorsTuple = [
  "#fdf7e7", "#f8edcd", "#f0da9c", "#e7c668", "#e0b04f",
  "#cf9a33", "#b17f22", "#8c6317", "#6e4d11", "#50380b",
];

const claret: MantineColorsTuple = [
  "#fcefed", "#f6dcd9", "#ebb6b1", "#e08f87", "#d76e65",
  "#cd5449", "#b5392f", "#972b23", "#78211a", "#591712",
];

/** Greys with a little of the paper's warmth. */
const stone: MantineColorsTuple = [
  "#f6f4ee", "#efece3", "#e5e1d5", "#d6d1c3", "#c2bcac",
  "#a8a293", "#837e71", "#555249", "#3a3832", "#26251f",
];

const ink: MantineColorsTuple = [
  "#e9e8e2", "#c9c9c2", "#a3a6a1", "#7e8482", "#5a625f",
  "#3d4744", "#2c3532", "#212927", "#191f1e", "#121716",
];

const serif = '"Iowan Old Style", "Palatino Linotype", Palatino, "URW Palladio L", "Book Antiqua", Georgia, "Noto Serif", "DejaVu Serif", serif';
const sans = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif';

export const theme = createTheme({
  colors: { lamp, brass, claret, gray: stone, dark: ink },
  primaryColor: "lamp",
  primaryShade: { light: 7, dark: 6 },
  autoContrast: true,
  fontFamily: sans,
  fontFamilyMonospace: 'ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace',
  headings: {
    fontFamily: serif,
    fontWeight: "600",
    sizes: { h1: { fontSize: "1.9rem", lineHeight: "1.25" }, h2: { fontSize: "1.3rem", lineHeight: "1.3" } },
  },
  defaultRadius: "md",
  cursorType: "pointer",
  respectReducedMotion: true,
  focusRing: "auto",
  components: {
    Modal: { defaultProps: { centered: true, overlayProps: { backgroundOpacity: 0.45, blur: 2 } } },
    Card: { defaultProps: { withBorder: true, padding: "lg", radius: "lg" } },
    Button: {
      // Small buttons are as easy to hit as large ones, with letters of the text's size.
      vars: (_: unknown, props: { size?: unknown }) =>
        props.size === "compact-md" ? { root: { "--button-fz": "0.875rem", "--button-padding-x": "0.75rem" } } : { root: {} },
    },
    Checkbox: { defaultProps: { radius: "sm" } },
    Badge: { defaultProps: { variant: "light", tt: "none", fw: 600, radius: "sm" } },
  },
});

export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--mantine-color-body": "#faf7f0",
    "--mantine-color-text": "#22302b",
    "--mantine-color-dimmed": "#5b655f",
    "--mantine-color-error": "#972b23",
    "--mantine-color-brass-light-color": "#6e4d11",
    "--mantine-color-placeholder": "#70796f",
    "--mantine-color-default-border": "#d8d2c3",
    "--carrel-surface": "#fffdf9",
    "--carrel-field": "#98917f",
    "--carrel-line": "#e6dfd0",
  },
  dark: {
    "--mantine-color-body": "#141a18",
    "--mantine-color-text": "#e4e3dc",
    "--mantine-color-dimmed": "#a3aaa4",
    "--mantine-color-error": "#ea9d95",
    "--mantine-color-placeholder": "#8b938e",
    "--mantine-color-default-border": "#3d4744",
    "--mantine-color-lamp-light-color": "#8abfac",
    "--mantine-color-brass-light-color": "#e7c668",
    "--mantine-color-claret-light-color": "#ebb6b1",
    "--carrel-surface": "#1b2220",
    "--carrel-field": "#66716c",
    "--carrel-line": "#2f3936",
  },
});
