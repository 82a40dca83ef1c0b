import { dirname } from 'node:path'
import { readStackFile } from '../../origin/local/stack-file.ts'
import type { TestStackOptions } from '../support/local-stack.ts'
import { foreignSecretsOf } from './foreign-tokens.ts'
import { createForeignWorld, type ForeignWorld } from './foreign-world.ts'
import { type FuzzStack, startFuzzStack } from './fuzz-stack.ts'

export interface ForeignStack extends FuzzStack {
  readonly world: ForeignWorld
}

/** A local stack with two workspaces. The rows of one of them are marked. `plant` is SQL that opens a way to them. */
export async function startForeignStack(options: TestStackOptions = {}, plant = ''): Promise<ForeignStack> {
  const given = await startFuzzStack(options)
  const { stack, place } = given
  try {
    if (plant !== '') {
      await stack.sql.unsafe(plant)
      // Supabase Lite knows only the tables and functions that were there when it started.
      await stack.pieces.supabase.stop()
      await stack.pieces.supabase.start()
    }
    const secrets = {
      ...place.secrets,
      ...(await foreignSecretsOf(await readStackFile(dirname(stack.logs)))),
    }
    return { ...given, place: { ...place, secrets }, world: await createForeignWorld(stack) }
  } catch (error) {
    await given.stop()
    throw error
  }
}
