import { formatMoney } from "@/layout/format";

type Offered = { price?: number; title?: string };

/** How an offer changed, in words. What before doesn't have isn't compared. */
export function changesOf(before: Offered, now: { price: number; title: string }): string[] {
  const changes: string[] = [];
  if (before.price !== undefined && before.price !== now.price) {
    changes.push(`The price changed from ${formatMoney(before.price)} to ${formatMoney(now.price)}.`);
  }
  if (before.title !== undefined && before.title !== now.title) {
    changes.push(`The title changed from “${before.title}” to “${now.title}”.`);
  }
  return changes;
}
