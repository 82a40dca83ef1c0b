import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { applyMigrations } from './database-content.ts'
import { LocalError } from './local-error.ts'
import { readStackFile } from './stack-file.ts'

/** `npm run -s migrate`: applies new migrations to the database of the stack that runs on the data folder. */
async function migrateRunning(): Promise<void> {
  const { postgres } = await readStackFile(resolve(parseDataFolder()))
  if (postgres === null) {
    throw new LocalError(
      'This stack uses a Supabase project of yours. Apply the migrations there with the Supabase CLI: "supabase db push".',
    )
  }
  const applied = await applyMigrations(postgres)
  console.log(applied.length === 0 ? 'There are no new migrations.' : `Applied ${applied.join(', ')}.`)
}

function parseDataFolder(): string {
  try {
    const { values } = parseArgs({ args: process.argv.slice(2), options: { data: { type: 'string' } } })
    return values.data ?? '.local'
  } catch {
    throw new LocalError('Usage: npm run -s migrate -- [--data FOLDER]')
  }
}

try {
  await migrateRunning()
} catch (error) {
  console.error(error instanceof LocalError ? error.message : error)
  process.exit(error instanceof LocalError ? 2 : 1)
}
