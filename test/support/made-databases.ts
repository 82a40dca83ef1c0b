import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { fillDatabase, prepareDatabase } from '../../origin/local/database-content.ts'
import { takePort } from '../../origin/local/ports.ts'
import { createPostgresPiece } from '../../origin/local/postgres.ts'
import { makeDataDirectory, runFolder } from './run-folder.ts'

export interface Content {
  /** The number of contacts in workspace 15213. */
  readonly contacts: number
  readonly seed: number
  /** The contacts of workspace 15214 if it is in use. */
  readonly livelyContacts?: number | null
}

/** For databases that need not survive a loss of power: they never wait for the disk. */
export const unsafeSettings = ['fsync=off', 'full_page_writes=off', 'shared_buffers=256MB']

/**
 * The parts that a start finds in its folder after an earlier one: the database, and the marker that it is complete.
 */
const parts = ['postgres', 'postgres.made']

const run = promisify(execFile)

/**
 * Puts a Postgres with this content into an empty data folder, in the state in which an earlier start would have left
 * it.
 */
export function placeDatabase(dataDirectory: string, content: Content): Promise<void> {
  const { contacts, seed, livelyContacts = null } = content
  const lively = livelyContacts === null ? '' : `-and-${livelyContacts}`
  return placeMade(
    dataDirectory,
    `${contacts}${lively}-contacts-of-seed-${seed}`,
    (url) => fillDatabase(url, { ...content, isExternal: false, onProgress: () => undefined }),
    // The migrations take most of the time of a small content, and are the same for all.
    (draft) => placeMade(draft, 'prepared', prepareDatabase),
  )
}

/**
 * Puts a Postgres into an empty data folder, with the content that `fill` gives it. Within a test run the content of
 * each name is made once and then copied. `begin` puts the database into the empty folder that `fill` then continues.
 */
export async function placeMade(
  dataDirectory: string,
  name: string,
  fill: (url: string) => Promise<void>,
  begin: (draft: string) => Promise<void> = async () => undefined,
): Promise<void> {
  const folder = runFolder()
  // Windows has no `cp`.
  if (folder === null || process.platform === 'win32') return makeDatabase(dataDirectory, fill)
  const made = join(folder, name)
  if (!existsSync(made)) {
    const draft = await makeDataDirectory()
    await begin(draft)
    await makeDatabase(draft, fill)
    await publish(draft, made)
  }
  // `cp -a` keeps the owner of the files, who is the user that Postgres runs as.
  await run('cp', ['-a', ...parts.map((part) => join(made, part)), dataDirectory])
}

/**
 * The content was made aside. If two test files have made the same content, the later one drops its own and finds the
 * earlier one's.
 */
async function publish(draft: string, made: string): Promise<void> {
  await rename(draft, made).catch(async (error: NodeJS.ErrnoException) => {
    if (!existsSync(made)) throw error
    await rm(draft, { recursive: true })
  })
}

async function makeDatabase(dataDirectory: string, fill: (url: string) => Promise<void>): Promise<void> {
  const postgres = createPostgresPiece(dataDirectory, await takePort(0), unsafeSettings)
  try {
    await postgres.start()
    await fill(postgres.url)
  } finally {
    await postgres.stop()
  }
}
