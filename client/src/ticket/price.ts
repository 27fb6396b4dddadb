/** A parsed price in dollars, or an error message for the user. */
export type Price = { dollars: number } | { problem: string };

const PLAIN = "Enter the price as a plain number, such as 12.50.";
const DIGITS = "Enter the price with the digits 0 to 9, such as 12.50.";
const DECIMALS = "Enter the price with at most two decimals, such as 12.50.";
const SEPARATORS = "Enter the price without a thousands separator, such as 1500 or 1500.50.";

/**
 * Reads a price as people type it: with a decimal point or a decimal comma, a dollar sign at either end,
 * spaces or (beside a decimal point) commas between thousands. Nothing is rounded and nothing is guessed:
 * an ambiguous price is refused. The service checks whether the amount is allowed.
 */
export function parsePrice(typed: string): Price {
  const bare = halfWidth(typed)
    .trim()
    .replace(/^\$\s*|\s*\$$/, "");
  if (bare === "") return { problem: "Enter a price, such as 12.50." };
  if (/\p{Nd}/u.test(bare.replace(/[0-9]/g, ""))) return { problem: DIGITS };
  // A space is never a decimal separator, and beside a decimal point neither is a comma.
  const text = /^\d{1,3}(\s\d{3})+([.,]\d{0,2})?$/.test(bare)
    ? bare.replace(/\s/g, "")
    : /^\d{1,3}(,\d{3})+\.\d{1,2}$/.test(bare)
      ? bare.replaceAll(",", "")
      : bare;
  const [, whole = "", separator, decimals = ""] = /^(\d*)(?:([.,])(\d*))?$/.exec(text) ?? [];
  if (whole + decimals === "") return { problem: wrongForm(text) };
  if (separator && decimals.length === 3 && /^[1-9]\d{0,2}$/.test(whole)) {
    return {
      problem: `“${bare}” could mean ${whole}.${decimals} or ${whole}${decimals}. ${SEPARATORS}`,
    };
  }
  if (decimals.length > 2) return { problem: DECIMALS };
  return { dollars: Number(`${whole || "0"}.${decimals || "0"}`) };
}

function wrongForm(text: string): string {
  return /^\d+([.,'’]\d+){2,}$|^\d+['’]\d+$/.test(text) ? SEPARATORS : PLAIN;
}

/** East Asian input methods produce full-width digits, points, commas and dollar signs. */
function halfWidth(text: string): string {
  return text.replace(/[\uff01-\uff5e]/g, (c) => String.fromCharCode(c.charCodeAt(0) - 0xfee0));
}
