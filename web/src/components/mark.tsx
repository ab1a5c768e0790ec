/** The mark: a reading desk between two panels, its lamp lit over an open book. */
export function Mark({ size = 30 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="7" fill="#1f5c4d" />
      <path
        d="M7.5 26V8.5a2 2 0 0 1 2-2h13a2 2 0 0 1 2 2V26M7.5 21.5h17"
        fill="none"
        stroke="#f6f1e4"
        strokeWidth="2.2"
        strokeLinecap="round"
      />
      <path d="M16 7v3" stroke="#f6f1e4" strokeWidth="1.5" />
      <path d="M11.8 14a4.2 4.2 0 0 1 8.4 0z" fill="#e0b04f" />
      <path d="M11.4 20.4v-2.3c1.7-.7 3.3-.6 4.6.4 1.3-1 2.9-1.1 4.6-.4v2.3z" fill="#f6f1e4" />
    </svg>
  );
}
