import type { Wish } from "@/api/services";
import { textOf } from "@/form/form-state";

const PRICE = /^\d+(\.\d{1,2})?$/;

/** The ticket, price and title that the page showed, or null if the form is damaged. */
export function wishIn(form: FormData): Wish | null {
  const wish: Wish = { ticketId: textOf(form, "ticketId") };
  if (form.has("price")) {
    const price = textOf(form, "price");
    if (!PRICE.test(price)) return null;
    wish.price = Number(price);
  }
  if (form.has("title")) {
    const title = parsed(textOf(form, "title"));
    if (typeof title !== "string") return null;
    wish.title = title;
  }
  return wish;
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
