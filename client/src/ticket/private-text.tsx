/** A code or link, ready to be copied. */
export function PrivateText({ text }: { text: string }) {
  const link = linkIn(text);
  return (
    <p
      dir="auto"
      className="select-all whitespace-pre-wrap rounded-lg border border-line bg-paper px-4 py-3 font-mono text-ink [overflow-wrap:anywhere]"
    >
      {link ? (
        <a href={link} rel="noopener noreferrer nofollow" className="link">
          {text}
        </a>
      ) : (
        text
      )}
    </p>
  );
}

/** The address if the whole text is one of the web. */
export function linkIn(text: string): string | undefined {
  if (!/^https?:\/\/\S+$/i.test(text)) return undefined;
  return URL.canParse(text) ? text : undefined;
}
