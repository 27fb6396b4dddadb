import { formatMoney } from "@/layout/format";

export function Money({ dollars }: { dollars: number }) {
  return <data value={dollars}>{formatMoney(dollars)}</data>;
}
