import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { roleSchema, userIdSchema, workspaceIdSchema } from '../../shared/ids.ts'
import { LocalError } from './local-error.ts'
import { readStackFile } from './stack-file.ts'
import { mintToken } from './tokens.ts'

const optionsSchema = z.object({
  user: userIdSchema,
  workspace: workspaceIdSchema,
  role: roleSchema,
  'expires-in': z
    .string()
    .regex(/^-?\d{1,9}$/)
    .transform(Number)
    .default(3_600),
  data: z.string().default('.local'),
})

const usage =
  'npm run -s token -- --user ID --workspace ID --role admin|member [--expires-in SECONDS] [--data DIR]'

/** `npm run -s token`: prints a token for the stack that runs on the data folder. */
async function printToken(): Promise<void> {
  const options = parseOptions()
  const { supabase } = await readStackFile(resolve(options.data))
  const token = await mintToken({
    jwtSecret: supabase.jwtSecret,
    issuer: `${supabase.url}/auth/v1`,
    userId: options.user,
    workspaces: { [options.workspace]: options.role },
    expiresInSeconds: options['expires-in'],
  })
  console.log(token)
}

function parseOptions(): z.output<typeof optionsSchema> {
  const text = { type: 'string' } as const
  try {
    const options = { user: text, workspace: text, role: text, 'expires-in': text, data: text }
    return optionsSchema.parse(parseArgs({ args: process.argv.slice(2), options }).values)
  } catch {
    throw new LocalError(`Usage: ${usage}`)
  }
}

try {
  await printToken()
} catch (error) {
  console.error(error instanceof LocalError ? error.message : error)
  process.exit(error instanceof LocalError ? 2 : 1)
}
