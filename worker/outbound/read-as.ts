import type { z } from 'zod'
import { readBounded } from '../../shared/bytes.ts'
import { limits } from '../../shared/limits.ts'

const decoder = new TextDecoder()

/** The JSON of an answer as a schema reads it; null if it is of another form. Throws if it is no JSON, or longer than `limits.answerBytesMax`. */
export async function readAs<Schema extends z.ZodType>(
  { body }: Response,
  schema: Schema,
): Promise<z.output<Schema> | null> {
  const bytes = await readBounded(body, limits.answerBytesMax)
  return schema.safeParse(JSON.parse(decoder.decode(bytes ?? undefined))).data ?? null
}
