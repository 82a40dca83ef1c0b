import type { InboundEmail } from '../contract/inbound-email.ts'
import { limits } from '../limits.ts'
import { decodedLine } from './plain-line.ts'

type Attachment = InboundEmail['attachments'][number]

/** An attachment as a message or its sender describes it. */
export interface ClaimedAttachment {
  readonly name?: string | null | undefined
  readonly contentType?: string | null | undefined
  readonly size?: number | null | undefined
}

const mediaType = /^[!#$&^_.+\w-]{1,63}\/[!#$&^_.+\w-]{1,63}/

/** The attachments to list, at most `attachmentsMax`. Only what is said of them is kept, so a claim without content does no harm. */
export function listedAttachments(claimed: readonly ClaimedAttachment[]): Attachment[] {
  return claimed.slice(0, limits.attachmentsMax).map(({ name, contentType, size }) => ({
    name: fileName(name ?? ''),
    contentType: mediaType.exec((contentType ?? '').trim())?.[0].toLowerCase() ?? 'application/octet-stream',
    sizeBytes: boundedSize(size ?? 0),
  }))
}

/** The name without folders, so that it never leads anywhere: `passwd` for `../../etc/passwd`. */
function fileName(name: string): string {
  const line = decodedLine(
    name.slice(0, 4 * limits.attachmentNameCharactersMax),
    limits.attachmentNameCharactersMax,
  )
  const base = line.split(/[/\\]/).at(-1)?.trim() ?? ''
  return base === '' || base === '.' || base === '..' ? 'attachment' : base
}

function boundedSize(size: number): number {
  return Number.isFinite(size) ? Math.min(Math.max(0, Math.floor(size)), Number.MAX_SAFE_INTEGER) : 0
}
