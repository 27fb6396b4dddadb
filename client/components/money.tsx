import { formatMoney } from "@/lib/format";

export function Money({ dollars }: { dollars: number }) {
  return <data value={dollars}>{formatMoney(dollars)}</data>;
}
