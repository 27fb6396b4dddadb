// How long a page shows the result of the last action, in milliseconds.
const NEWS = 60_000;

/** Whether something happened just now, by the time in the URL, which may be an old link. */
export function isNews(at: string | string[] | undefined): boolean {
  const age = Date.now() - Number(at ?? Number.NaN);
  return age >= 0 && age < NEWS;
}
