/** The parameters of a page's address. */
export type Search = Promise<Record<string, string | string[] | undefined>>;

const ID = /^[0-9a-f]{24}$/;

/** Where a page of a list begins. An invalid id means the start. */
export async function afterOf(search: Search): Promise<string | undefined> {
  const { after } = await search;
  return typeof after === "string" && ID.test(after) ? after : undefined;
}

// Cursors of the API are opaque, and far shorter.
const LONGEST_CURSOR = 2000;

/** Where a page of a search begins. The API checks it. */
export async function cursorOf(search: Search): Promise<string | undefined> {
  const { after } = await search;
  return typeof after === "string" && after !== "" && after.length <= LONGEST_CURSOR ? after : undefined;
}

/** Where the pages before the current one begin, except for the first page. */
export type Trail = string[];

const TRAIL = /^[\w.-]*$/;

/** The trail in a page's address, or undefined without one: then only the first page is known. */
export async function trailOf(search: Search): Promise<Trail | undefined> {
  const { trail } = await search;
  if (typeof trail !== "string" || !TRAIL.test(trail)) return undefined;
  return trail.split(".").filter((after) => after !== "");
}
