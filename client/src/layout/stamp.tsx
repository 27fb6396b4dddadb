export function Stamp({ children, tone = "text-[#8e1d12]" }: { children: string; tone?: string }) {
  return <p className={`stamp ${tone}`}>{children}</p>;
}
