// How long a page shows the result of the last action, in milliseconds.
const NEWS = 60_000;

/** Whether the timestamp in the URL is recent. It may be from an old link. */
export function isNews(at: string | string[] | undefined): boolean {
  const age = Date.now() - Number(at ?? Number.NaN);
  return age >= 0 && age < NEWS;
}
