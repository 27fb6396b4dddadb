/** Bars drawn from an id, for the looks of it. They are one path, for a page shows many. */
export function Barcode({ id, className }: { id: string; className?: string }) {
  let x = 0;
  let bars = "";
  for (const digit of id) {
    const value = Number.parseInt(digit, 16) || 0;
    const width = 1 + (value & 1) + (value >> 3);
    bars += `M${x} 0h${width}v20h-${width}z`;
    x += width + 1 + ((value >> 1) & 1);
  }
  return (
    <svg aria-hidden="true" viewBox={`0 0 ${x} 20`} preserveAspectRatio="none" className={className}>
      <path d={bars} fill="currentColor" />
    </svg>
  );
}
