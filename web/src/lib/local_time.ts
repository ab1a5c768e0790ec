/** The date pickers speak "YYYY-MM-DD HH:mm:ss" in local time; the API RFC 3339 in UTC. */

export function fromPicker(value: string | null): Date | null {
  if (value === null || value === "") return null;
  const date = new Date(value.replace(" ", "T"));
  return Number.isNaN(date.getTime()) ? null : date;
}

export function toPicker(date: Date): string {
  const two = (part: number) => String(part).padStart(2, "0");
  const day = [String(date.getFullYear()), two(date.getMonth() + 1), two(date.getDate())].join("-");
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:00`;
}

/** RFC 3339 without fractions of a second. */
export function toRfc3339(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, "Z");
}
