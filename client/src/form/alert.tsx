/** Errors that don't belong to a field. */
export function Alert({ messages }: { messages: string[] }) {
  if (messages.length === 0) return null;
  return (
    <div role="alert" className="rounded-lg border-2 border-bad bg-bad/8 px-4 py-3 font-medium text-bad">
      {messages.map((message) => (
        <p key={message}>{message}</p>
      ))}
    </div>
  );
}
