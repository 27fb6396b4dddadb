import { encode } from "uqr";

// The longest text that a phone still scans from a screen or paper, in bytes.
const LONGEST = 300;

// The margin that scanners need, in modules (ISO/IEC 18004).
const QUIET = 4;

/** A QR code of a text, unless it's too long. It's dark on white in the dark theme too, as some scanners need. */
export function QrCode({ text }: { text: string }) {
  if (new TextEncoder().encode(text).length > LONGEST) return null;
  const { data, size } = encode(text, { ecc: "M", border: QUIET });
  return (
    <svg
      role="img"
      aria-label="QR code of the text above"
      viewBox={`0 0 ${size} ${size}`}
      shapeRendering="crispEdges"
      className="w-full max-w-64"
    >
      <path fill="#fff" d={`M0 0h${size}v${size}H0z`} />
      <path fill="#000" d={darkIn(data)} />
    </svg>
  );
}

/** The outline of the dark modules, row by row. */
function darkIn(rows: boolean[][]): string {
  return rows.flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : []))).join("");
}
