/** The parameters of a page's address. */
export type Search = Promise<Record<string, string | string[] | undefined>>;

const ID = /^[0-9a-f]{24}$/;

/** Where a page of a list begins; what is no id begins at the start. */
export async function afterOf(search: Search): Promise<string | undefined> {
  const { after } = await search;
  return typeof after === "string" && ID.test(after) ? after : undefined;
}
