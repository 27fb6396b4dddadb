import type { PrivatePart } from "@/api/services";
import { filePath, sizeOf } from "@/ticket/private-file";

type FileProps = { ticketId: string; file: NonNullable<PrivatePart["file"]> };

export function FileLink({ ticketId, file }: FileProps) {
  return (
    <p className="rounded-lg border border-line bg-paper px-4 py-3">
      <a href={filePath(ticketId)} className="link [overflow-wrap:anywhere]">
        Download <bdi>{file.name}</bdi>
      </a>{" "}
      <span className="whitespace-nowrap text-muted text-sm">{sizeOf(file.size)}</span>
    </p>
  );
}
